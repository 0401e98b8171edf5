// What the theme leaves out for screen readers and the keyboard.
document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) {
    caption.setAttribute("aria-level", "2");
  }
  const names = { "sidebar-drawer": "Site", "toc-drawer": "On this page" };
  for (const [name, label] of Object.entries(names)) {
    for (const aside of document.querySelectorAll(`aside.${name}`)) {
      aside.setAttribute("aria-label", label);
    }
  }
  // The page of search results has none, and is empty without a query.
  const article = document.querySelector("article");
  if (article && !article.querySelector("h1")) {
    const heading = document.createElement("h1");
    heading.textContent = "Search";
    article.prepend(heading);
  }
  for (const link of document.querySelectorAll(".sphx-glr-thumbcontainer a")) {
    link.setAttribute("aria-label", link.textContent);
  }
  // sphinx-gallery makes one for each section, all with the same id.
  for (const tags of document.querySelectorAll(".sphx-glr-tag-list:empty")) {
    tags.remove();
  }
  // ARIA has given up the role that docutils gives the items of this list.
  for (const entry of document.querySelectorAll("[role=doc-biblioentry]")) {
    entry.setAttribute("role", "listitem");
  }
  for (const box of document.querySelectorAll(".table-wrapper, .highlight pre")) {
    if (box.scrollWidth > box.clientWidth) {
      box.setAttribute("tabindex", "0");
    }
  }
});

"""Find links of the built pages that lead nowhere: python docs/check_links.py FOLDER.

Sphinx checks what authors write; this also sees what extensions and templates write,
such as the index of the source code. Links to other sites are not followed.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """Addresses that a page names, and the places in it that can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            elif name == "id" or (tag == "a" and name == "name"):
                self.ids.add(value)


def broken(folder):
    """Yield (page, link) for each link within `folder` that leads nowhere."""
    folder = Path(folder).resolve()
    pages = {path: Page(path) for path in folder.rglob("*.html")}
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if target.is_dir():
                target /= "index.html"
            if target in pages:
                there = unquote(url.fragment) in pages[target].ids
            else:
                there = target.is_file()
            if not there:
                yield path.relative_to(folder), link


if __name__ == "__main__":
    found = list(broken(sys.argv[1]))
    for path, link in found:
        print(f"{path}: {link}")
    sys.exit(bool(found))

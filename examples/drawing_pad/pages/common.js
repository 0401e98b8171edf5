// What both pages share: asking the server, bars of probabilities, small images.

export const byId = (id) => document.getElementById(id);

export async function ask(address, message) {
  const options = message === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(message),
  };
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// At most 99: no network is certain.
export const percent = (share) => `${Math.min(99, Math.round(share * 100))} %`;

export function makeBars(list) {
  for (let digit = 0; digit < 10; digit++) {
    const line = element("li");
    const track = element("span", "track");
    track.append(element("div", "fill"));
    line.append(element("span", "", digit), track, element("span", "share"));
    list.append(line);
  }
  showBars(list, null);
}

export function showBars(list, probabilities) {
  list.classList.toggle("none", probabilities === null);
  const best = probabilities === null ? null : Math.max(...probabilities);
  [...list.children].forEach((line, digit) => {
    const share = probabilities === null ? 0 : probabilities[digit];
    line.classList.toggle("best", best !== null && share === best);
    line.querySelector(".fill").style.setProperty("--share", share);
    line.querySelector(".share").textContent = best === null ? "–" : percent(share);
  });
}

// White ink on black, as in MNIST.
export function paint(canvas, pixels) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  pixels.forEach((ink, place) => image.data.set([ink, ink, ink, 255], place * 4));
  context.putImageData(image, 0, 0);
}

export function showModel() {
  ask("/api/model").then((model) => {
    const right = `${(model.accuracy * 100).toFixed(1)} %`;
    const trained = model.trained_on ? `Trained on ${model.trained_on}. ` : "";
    byId("model").textContent =
      `${model.name}. ${trained}Names ${right} of ${model.n_test} test images.`;
    byId("notice").hidden = !model.stand_in;
  }).catch((error) => {
    byId("notice").hidden = false;
    byId("notice").textContent = error.message;
  });
}

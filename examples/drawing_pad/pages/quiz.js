// The quiz. The server holds the labels and tells one when it has the answer.

import { ask, byId, element, makeBars, paint, percent, showBars, showModel } from "/common.js";

const bars = byId("bars");
const buttons = [];

let images = [];
let current = 0;
let score = { person: 0, network: 0 };
let missed = [];
let waiting = false;       // for an answer of the person

function showOnly(id) {
  for (const part of ["start", "game", "end"]) byId(part).hidden = part !== id;
}

async function begin() {
  const length = Number(document.querySelector("input[name=length]:checked").value);
  byId("trouble").textContent = "";
  try {
    images = (await ask("/api/quiz", { length })).images;
  } catch (error) {
    byId("trouble").textContent = error.message;
    return;
  }
  current = 0;
  score = { person: 0, network: 0 };
  missed = [];
  showOnly("game");
  question();
}

function question() {
  paint(byId("image"), images[current].pixels);
  byId("progress").textContent = `Image ${current + 1} of ${images.length}`;
  byId("verdict").textContent = "Which digit is it?";
  byId("next").hidden = true;
  for (const button of buttons) {
    button.disabled = false;
    button.className = "";
  }
  showBars(bars, null);
  showScore();
  waiting = true;
  byId("digits").focus({ preventScroll: true });
}

function showScore() {
  byId("person").textContent = score.person;
  byId("network").textContent = score.network;
}

async function answer(digit) {
  if (!waiting) return;
  waiting = false;
  let result;
  try {
    result = await ask("/api/quiz/answer", { image: images[current].image, digit });
  } catch (error) {
    byId("verdict").textContent = error.message;
    waiting = true;
    return;
  }
  score.person += result.person_right;
  score.network += result.network_right;
  if (!(result.person_right && result.network_right)) {
    missed.push({ pixels: images[current].pixels, digit, ...result });
  }
  for (const button of buttons) button.disabled = true;
  buttons[digit].classList.add("wrong");
  buttons[result.label].className = "right";
  showBars(bars, result.network.probabilities);
  showScore();
  byId("verdict").textContent = verdict(result, digit);
  byId("next").firstChild.textContent = current + 1 < images.length ? "Next " : "Result ";
  byId("next").hidden = false;
  byId("next").focus({ preventScroll: true });
}

function verdict(result, digit) {
  const sure = percent(result.network.probabilities[result.network.digit]);
  const truth = `It is a ${result.label}.`;
  if (result.person_right && result.network_right) return `${truth} Both right.`;
  const network = `the network said ${result.network.digit} (${sure})`;
  if (result.person_right) return `${truth} You are right, ${network}.`;
  if (result.network_right) return `${truth} You said ${digit}, the network is right.`;
  return `${truth} You said ${digit}, ${network}.`;
}

function next() {
  current += 1;
  if (current < images.length) question();
  else finish();
}

function finish() {
  const { person, network } = score;
  byId("winner").textContent =
    person > network ? "You win." : person < network ? "The network wins." : "A draw.";
  byId("person-end").textContent = `${person} of ${images.length}`;
  byId("network-end").textContent = `${network} of ${images.length}`;
  byId("misses").hidden = missed.length === 0;
  byId("missed").replaceChildren(...missed.map(showMissed));
  showOnly("end");
  byId("winner").focus();
}

function showMissed(miss) {
  const item = element("li");
  const canvas = element("canvas");
  canvas.width = canvas.height = 28;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `A ${miss.label}`);
  paint(canvas, miss.pixels);
  const line = (name, digit, right) => {
    const text = element("div", "", `${name} `);
    text.append(element("span", right ? "good" : "bad", `${digit} ${right ? "✓" : "✗"}`));
    return text;
  };
  item.append(
    canvas,
    element("div", "", `It is a ${miss.label}`),
    line("You:", miss.digit, miss.person_right),
    line("Network:", miss.network.digit, miss.network_right),
  );
  return item;
}

for (let digit = 0; digit < 10; digit++) {
  const button = element("button", "", digit);
  button.type = "button";
  button.addEventListener("click", () => answer(digit));
  buttons.push(button);
  byId("digits").append(button);
}
document.addEventListener("keydown", (event) => {
  if (byId("game").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-9]$/.test(event.key)) answer(Number(event.key));
});
byId("begin").addEventListener("click", begin);
byId("next").addEventListener("click", next);
byId("again").addEventListener("click", () => {
  showOnly("start");
  byId("begin").focus();
});

makeBars(bars);
showModel();

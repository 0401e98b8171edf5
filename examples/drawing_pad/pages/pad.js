// The drawing pad. A drawing is a list of strokes, a stroke a list of points [x, y] in
// units of the pad's side; the server makes an image of them and asks the network.

import { ask, byId, makeBars, paint, percent, showBars, showModel } from "/common.js";

const LINE_WIDTH = 0.06;   // of the pad's side
const SPACING = 0.006;     // closer points are left out
const KEY_STEP = 0.03;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const pad = byId("pad");
const context = pad.getContext("2d");
const bars = byId("bars");

let strokes = [];
let pointer = null;        // number of the pointer that draws
let pen = null;            // place of the pen that the keyboard moves
let penDown = false;

// --- Drawing ---

function redraw() {
  const side = pad.width;
  context.clearRect(0, 0, side, side);
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = LINE_WIDTH * side;
  context.strokeStyle = "#16202e";
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0][0] * side, stroke[0][1] * side);
    // Also for a single point, which then is a dot.
    for (const [x, y] of stroke) context.lineTo(x * side, y * side);
    context.stroke();
  }
  if (strokes.length === 0) {
    context.font = `${side / 18}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.fillStyle = "#6b7280";
    context.fillText("draw here", side / 2, side / 2);
  }
  if (pen) {
    context.beginPath();
    context.arc(pen[0] * side, pen[1] * side, LINE_WIDTH * side, 0, 7);
    context.lineWidth = side / 150;
    context.strokeStyle = penDown ? "#a61b1b" : "#1d4ed8";
    context.stroke();
  }
}

function resize() {
  const side = Math.round(pad.clientWidth * window.devicePixelRatio);
  if (side > 0 && side !== pad.width) pad.width = pad.height = side;
  redraw();
}

const within = (value) => Math.min(1, Math.max(0, Number(value.toFixed(4))));

function place(event) {
  const box = pad.getBoundingClientRect();
  return [
    within((event.clientX - box.left - pad.clientLeft) / pad.clientWidth),
    within((event.clientY - box.top - pad.clientTop) / pad.clientHeight),
  ];
}

function extend(point) {
  const stroke = strokes.at(-1);
  const last = stroke.at(-1);
  if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= SPACING) stroke.push(point);
}

function changed() {
  byId("undo").disabled = byId("clear").disabled = strokes.length === 0;
  redraw();
  request();
}

pad.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  pad.focus({ preventScroll: true, focusVisible: false });
  pointer = event.pointerId;
  pad.setPointerCapture(pointer);
  pen = null;
  penDown = false;
  strokes.push([place(event)]);
  changed();
});
pad.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  for (const each of passed.length ? passed : [event]) extend(place(each));
  changed();
});
for (const end of ["pointerup", "pointercancel"]) {
  pad.addEventListener(end, (event) => {
    if (event.pointerId === pointer) pointer = null;
  });
}

function undo() {
  strokes.pop();
  pointer = null;
  penDown = false;
  changed();
}

function clear() {
  strokes = [];
  pointer = pen = null;
  penDown = false;
  changed();
}

byId("undo").addEventListener("click", undo);
byId("clear").addEventListener("click", clear);

// --- Keyboard ---

pad.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    pen ??= [0.5, 0.5];
    penDown = !penDown;
    if (penDown) strokes.push([[...pen]]);
  } else if (event.key in ARROWS) {
    pen ??= [0.5, 0.5];
    pen = pen.map((value, axis) => within(value + ARROWS[event.key][axis] * KEY_STEP));
    if (penDown) extend([...pen]);
  } else {
    return;
  }
  event.preventDefault();
  changed();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
  if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    undo();
  }
});

// --- Asking ---

let underWay = false;
let again = false;
let announcing;

// One request at a time: while it is under way, only the newest drawing waits.
async function request() {
  if (strokes.length === 0) return show({ empty: true });
  if (underWay) {
    again = true;
    return;
  }
  underWay = true;
  do {
    again = false;
    try {
      const answer = await ask("/api/predict", { strokes });
      // Cleared in the meantime?
      if (strokes.length > 0) show(answer);
    } catch (error) {
      show({ empty: true }, error.message);
    }
  } while (again && strokes.length > 0);
  underWay = false;
}

function show(answer, words) {
  byId("digit").textContent = answer.empty ? "–" : answer.digit;
  byId("digit").classList.toggle("none", answer.empty);
  showBars(bars, answer.empty ? null : answer.probabilities);
  paint(byId("seen"), answer.empty ? new Array(784).fill(0) : answer.pixels);
  // Screen readers get the answer when the pen rests, not at every move.
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    byId("answer").textContent = words ?? inWords(answer);
  }, answer.empty ? 0 : 250);
}

function inWords(answer) {
  if (answer.empty) return "Nothing drawn yet.";
  const share = answer.probabilities[answer.digit];
  if (share < 0.6) return `Perhaps a ${answer.digit} (${percent(share)}).`;
  return `A ${answer.digit} (${percent(share)}).`;
}

makeBars(bars);
showModel();
paint(byId("seen"), new Array(784).fill(0));
new ResizeObserver(resize).observe(pad);

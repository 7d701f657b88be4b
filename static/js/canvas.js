// Drawing: strokes from mouse, pen or finger, kept as points, sent as a PNG through the same form.

const PEN = 0.032; // of the pad's height: about as thick as MNIST's strokes on a digit that fills the pad
const EXPORT_HEIGHT = 320; // enough for a number across the pad; every picture element costs time on its way

const form = document.getElementById("read-form");
const pad = document.getElementById("pad");
const undo = document.getElementById("pad-undo");
const clear = document.getElementById("pad-clear");
const problem = document.getElementById("pad-problem");
const field = form.elements.namedItem("image");
const source = form.elements.namedItem("source");
const context = pad.getContext("2d");

let strokes = []; // each a list of points [x, y], in parts of the pad's height
let past = []; // what `strokes` was before each step
let current = null;
let pointer = null;

function draw(target, height, ink) {
  target.lineCap = "round";
  target.lineJoin = "round";
  target.lineWidth = PEN * height;
  target.strokeStyle = ink;
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [x * height, y * height]);
    const [first, ...rest] = points;
    target.beginPath();
    target.moveTo(...first);
    rest.forEach((point, at) => {
      const next = rest[at + 1];
      if (next) target.quadraticCurveTo(...point, (point[0] + next[0]) / 2, (point[1] + next[1]) / 2);
      else target.lineTo(...point);
    });
    if (!rest.length) target.lineTo(first[0] + 0.01, first[1]);
    target.stroke();
  }
}

function paint() {
  context.clearRect(0, 0, pad.width, pad.height);
  draw(context, pad.height, "#161c31");
  document.getElementById("pad-hint").hidden = strokes.length > 0;
  undo.disabled = past.length === 0;
  clear.disabled = strokes.length === 0;
}

function fit() {
  const box = pad.getBoundingClientRect();
  if (!box.width) return;
  const density = window.devicePixelRatio || 1;
  pad.width = Math.round(box.width * density);
  pad.height = Math.round(box.height * density);
  paint();
}

function point(event) {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) / box.height, (event.clientY - box.top) / box.height];
}

function begin(event) {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  pad.focus({ preventScroll: true });
  pad.setPointerCapture(event.pointerId);
  pointer = event.pointerId;
  past.push(strokes);
  current = [point(event)];
  strokes = [...strokes, current];
  say("");
  paint();
}

function move(event) {
  if (event.pointerId !== pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) current.push(point(each));
  paint();
}

function end(event) {
  if (event.pointerId !== pointer) return;
  pointer = null;
  current = null;
}

function back() {
  if (!past.length || pointer !== null) return;
  strokes = past.pop();
  paint();
}

function empty() {
  if (!strokes.length || pointer !== null) return;
  past.push(strokes);
  strokes = [];
  paint();
}

function say(sentence) {
  problem.textContent = sentence;
  problem.classList.toggle("d-block", sentence !== "");
}

function drawing() {
  const sheet = document.createElement("canvas");
  sheet.height = EXPORT_HEIGHT;
  sheet.width = Math.round((EXPORT_HEIGHT * pad.width) / pad.height);
  const ink = sheet.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, sheet.width, sheet.height);
  draw(ink, EXPORT_HEIGHT, "#111");
  const bytes = Uint8Array.from(atob(sheet.toDataURL("image/png").split(",")[1]), (sign) => sign.charCodeAt(0));
  return new File([bytes], "drawing.png", { type: "image/png" });
}

// The two ways ----------------------------------------------------------------------------------------
const tabs = [...document.querySelectorAll("[role=tab]")];
let drawn = false; // which of the two ways is chosen

function choose(tab, focus = false) {
  drawn = tab.id === "tab-draw";
  for (const each of tabs) {
    const on = each === tab;
    each.setAttribute("aria-selected", String(on));
    each.tabIndex = on ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !on;
  }
  field.disabled = drawn;
  source.value = drawn ? "canvas" : "file";
  if (focus) tab.focus();
  if (drawn) fit();
}

function follow() {
  if (location.hash === "#draw") choose(document.getElementById("tab-draw"));
}

for (const tab of tabs) {
  const panel = document.getElementById(tab.getAttribute("aria-controls"));
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", tab.id);
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    choose(tabs[(tabs.indexOf(tab) + 1) % tabs.length], true);
  });
}

pad.addEventListener("pointerdown", begin);
pad.addEventListener("pointermove", move);
pad.addEventListener("pointerup", end);
pad.addEventListener("pointercancel", end);
undo.addEventListener("click", back);
clear.addEventListener("click", empty);

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio])");
  if (!drawn || typing || event.altKey || event.shiftKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    back();
  } else if (event.target === pad && (event.key === "Delete" || event.key === "Backspace")) {
    event.preventDefault();
    empty();
  }
});

form.addEventListener("picture-chosen", () => choose(document.getElementById("tab-file")));
form.addEventListener(
  "submit",
  (event) => {
    if (!drawn || strokes.length) return;
    event.preventDefault();
    say("Nothing is drawn yet.");
    pad.focus();
  },
  { capture: true },
);
form.addEventListener("formdata", (event) => {
  if (drawn) event.formData.set("image", drawing());
});

document.querySelector("[role=tablist]").hidden = false;
new ResizeObserver(fit).observe(pad);
window.addEventListener("hashchange", follow);
// A page that comes back keeps its drawing, and the browser may have put old values into the fields.
window.addEventListener("pageshow", () => choose(tabs.find((tab) => tab.getAttribute("aria-selected") === "true")));
follow();

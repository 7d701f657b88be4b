// A number that was missed: a box drawn on the picture, or placed with the keyboard, fills the form's fields, and the
// models say what they read in it. Without it the fields are typed.

import { fill, gettext, percent } from "./words.js";

const details = document.getElementById("mark");
const form = details?.querySelector("[data-mark]");
const viewer = document.querySelector("[data-viewer]");
const overlay = viewer?.querySelector(".overlay");
if (form && overlay) begin();

function begin() {
  const { width: pageWidth, height: pageHeight } = overlay.viewBox.baseVal;
  const fields = Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, form.elements[name]]));
  const text = form.elements.text;
  const says = form.querySelector("[data-mark-says]");
  const place = form.querySelector("[data-mark-box]");
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  drawn.setAttribute("class", "mark-box");
  form.querySelector("[data-mark-how]").hidden = false;
  form.querySelector("[data-mark-plain]").hidden = true;

  const number = (field) => Math.round(Number(field.value));
  const box = () => ({ x: number(fields.x), y: number(fields.y), width: number(fields.width), height: number(fields.height) });
  const valid = ({ width, height }) => width > 0 && height > 0;

  function set(next) {
    const width = Math.min(Math.max(1, next.width), pageWidth);
    const height = Math.min(Math.max(1, next.height), pageHeight);
    const x = Math.min(Math.max(0, next.x), pageWidth - width);
    const y = Math.min(Math.max(0, next.y), pageHeight - height);
    for (const [name, value] of Object.entries({ x, y, width, height })) fields[name].value = Math.round(value);
    show();
  }

  function show() {
    const now = box();
    if (!details.open || !valid(now)) return drawn.remove();
    for (const [name, value] of Object.entries(now)) drawn.setAttribute(name, value);
    overlay.append(drawn);
  }

  const marking = () => {
    viewer.classList.toggle("is-marking", details.open);
    show();
  };
  details.addEventListener("toggle", marking);
  marking();
  for (const field of Object.values(fields)) field.addEventListener("input", show);

  // With the mouse, a pen or a finger.
  let corner = null;
  const point = (event) => {
    const { left, top, width, height } = overlay.getBoundingClientRect();
    return { x: ((event.clientX - left) / width) * pageWidth, y: ((event.clientY - top) / height) * pageHeight };
  };
  const span = (one, other) => ({
    x: Math.max(0, Math.min(one.x, other.x)),
    y: Math.max(0, Math.min(one.y, other.y)),
    width: Math.min(pageWidth, Math.max(one.x, other.x)) - Math.max(0, Math.min(one.x, other.x)),
    height: Math.min(pageHeight, Math.max(one.y, other.y)) - Math.max(0, Math.min(one.y, other.y)),
  });
  overlay.addEventListener("pointerdown", (event) => {
    if (!details.open || event.button || !event.isPrimary) return;
    event.preventDefault();
    overlay.setPointerCapture(event.pointerId);
    corner = point(event);
  });
  overlay.addEventListener("pointermove", (event) => {
    if (corner && event.isPrimary) set(span(corner, point(event)));
  });
  overlay.addEventListener("pointerup", (event) => {
    if (!corner || !event.isPrimary) return;
    const last = span(corner, point(event));
    corner = null;
    if (last.width > 2 && last.height > 2) look();
  });
  overlay.addEventListener("pointercancel", () => (corner = null));

  // With the keyboard.
  const middle = () => ({ x: pageWidth * 0.4, y: pageHeight * 0.4, width: pageWidth * 0.2, height: pageHeight * 0.2 });
  place.addEventListener("click", () => {
    if (!valid(box())) set(middle());
    else look();
    drawn.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  place.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const now = valid(box()) ? box() : middle();
    const step = Math.max(1, Math.round(Math.max(pageWidth, pageHeight) / 100));
    const [x, y] = way.map((part) => part * step);
    set(event.shiftKey ? { ...now, width: now.width + x, height: now.height + y } : { ...now, x: now.x + x, y: now.y + y });
    drawn.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  place.addEventListener("focus", () => drawn.classList.add("is-held"));
  place.addEventListener("blur", () => drawn.classList.remove("is-held"));

  // What the models read there; what a person typed is never written over.
  let asked = 0;
  let guess = "";
  async function look() {
    const mine = ++asked;
    says.textContent = gettext("Reading the box…");
    try {
      const answer = await fetch(form.dataset.look, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      const found = await answer.json();
      if (mine !== asked) return;
      if (!answer.ok) {
        says.textContent = found.error.message;
        return;
      }
      if (text.value === guess) text.value = guess = found.text;
      says.textContent = found.text
        ? fill(gettext("The models read {text}, {percent} sure. Correct it, or add it."), {
            text: found.formatted,
            percent: percent(Math.min(found.confidence, 0.999)),
          })
        : gettext("The models read nothing there. Type what it says.");
    } catch {
      if (mine === asked) says.textContent = gettext("The box could not be read just now. Type what it says.");
    }
  }
}

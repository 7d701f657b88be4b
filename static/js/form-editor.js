// The fields of a form, drawn on its sample with the mouse, a pen, a finger or the keyboard. The page's own form holds
// them: a box is nothing but its four numbers, and without this they are typed.

const editor = document.getElementById("form-editor");
const stage = editor.querySelector("[data-stage]");
const paper = editor.querySelector("[data-paper]");
const svg = editor.querySelector("[data-boxes]");
const list = editor.querySelector("[data-fields]");
const none = editor.querySelector("[data-none]");
const drawing = editor.querySelector("[data-draw]");
const larger = editor.querySelector("[data-larger]");
const blank = document.getElementById("form-field-template");
const total = editor.elements["fields-TOTAL_FORMS"];
const { width: PAGE_WIDTH, height: PAGE_HEIGHT } = svg.viewBox.baseVal;
const LEAST = 8; // pixels of the sample, as the server has it
const SIDES = ["x", "y", "width", "height"];
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NS = "http://www.w3.org/2000/svg";

let fields = []; // each: its card, its inputs by name, and its box on the sample
let now = null;
let drag = null;
let changed = false;

const part = (name, attributes, parent) => {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};
const live = () => fields.filter((field) => !field.card.hidden);
const clamp = (value, least, most) => Math.min(Math.max(value, least), Math.max(least, most));

function adopt(card) {
  const inputs = Object.fromEntries([...card.querySelectorAll("[data-of]")].map((input) => [input.dataset.of, input]));
  const group = part("g", { class: "form-box", tabindex: 0, role: "button" }, svg);
  const field = { card, inputs, group, rect: part("rect", {}, group), label: part("text", { "aria-hidden": "true" }, group) };
  field.corner = part("rect", { class: "form-corner" }, group);
  card.querySelector("[data-remove-plain]").hidden = true;
  const remove = card.querySelector("[data-remove]");
  remove.hidden = false;
  remove.addEventListener("click", () => take(field, true));
  for (const side of SIDES) inputs[side].addEventListener("input", () => show(field));
  inputs.name.addEventListener("input", () => show(field));
  card.addEventListener("focusin", () => choose(field));
  group.addEventListener("focus", () => choose(field));
  group.addEventListener("keydown", (event) => onKey(event, field));
  const kind = card.querySelector("[data-check-kind]");
  kind.addEventListener("change", () => showCheck(card, kind.value));
  showCheck(card, kind.value);
  fields.push(field);
  return field;
}

// Weights are asked for where they mean something.
function showCheck(card, kind) {
  const wanted = { weights: kind === "weights" || kind === "mod97", modulus: kind === "weights" };
  for (const input of card.querySelectorAll("[data-about]")) input.hidden = !wanted[input.dataset.about];
}

function boxOf(field) {
  const [x, y, width, height] = SIDES.map((side) => Math.round(Number(field.inputs[side].value)));
  return width > 0 && height > 0 && field.inputs.x.value !== "" && field.inputs.y.value !== "" ? { x, y, width, height } : null;
}

function place(field, box) {
  const width = Math.round(clamp(box.width, LEAST, PAGE_WIDTH));
  const height = Math.round(clamp(box.height, LEAST, PAGE_HEIGHT));
  const x = Math.round(clamp(box.x, 0, PAGE_WIDTH - width));
  const y = Math.round(clamp(box.y, 0, PAGE_HEIGHT - height));
  for (const [side, value] of Object.entries({ x, y, width, height })) field.inputs[side].value = value;
  changed = true;
  show(field);
}

function show(field) {
  const box = boxOf(field);
  const number = live().indexOf(field) + 1;
  field.card.querySelector("[data-number]").textContent = number;
  field.group.style.display = box && number ? "" : "none";
  if (!box || !number) return;
  for (const [side, value] of Object.entries(box)) field.rect.setAttribute(side, value);
  const size = Math.max(10, Math.min(box.height * 0.5, PAGE_WIDTH / 40));
  const label = { x: box.x, y: box.y > size * 1.4 ? box.y - size * 0.3 : box.y + box.height + size, "font-size": size };
  for (const [key, value] of Object.entries(label)) field.label.setAttribute(key, value);
  const name = field.inputs.name.value.trim();
  field.label.textContent = `${number} ${name}`;
  const side = grip();
  const corner = { x: box.x + box.width - side / 2, y: box.y + box.height - side / 2, width: side, height: side };
  for (const [key, value] of Object.entries(corner)) field.corner.setAttribute(key, value);
  const { fieldLabel, nameless, boxHelp } = editor.dataset;
  const words = fieldLabel.replace("{n}", number).replace("{name}", name || nameless);
  field.group.setAttribute("aria-label", `${words}. ${boxHelp}`);
}

const showAll = () => {
  none.hidden = live().length > 0;
  for (const field of fields) show(field);
};

// A corner that a finger can hold, in pixels of the sample.
const grip = () => (22 * PAGE_WIDTH) / Math.max(1, svg.getBoundingClientRect().width);

function choose(field) {
  if (now === field) return;
  now = field;
  for (const other of fields) {
    other.card.classList.toggle("is-now", other === field);
    other.group.classList.toggle("is-now", other === field);
  }
}

function add(box) {
  const at = Number(total.value);
  list.insertAdjacentHTML("beforeend", blank.innerHTML.replaceAll("__prefix__", at));
  total.value = at + 1;
  const field = adopt(list.lastElementChild);
  place(field, box);
  showAll();
  choose(field);
  return field;
}

function take(field, gone) {
  field.card.hidden = gone;
  field.card.querySelector("[name$=-DELETE]").checked = gone;
  changed = true;
  showAll();
  if (gone) (live()[0]?.card.querySelector("[data-of=name]") ?? drawing).focus({ preventScroll: true });
}

// Below the last one, where there is room: the next field of a form is often there.
function nextPlace() {
  const last = live().map(boxOf).filter(Boolean).at(-1);
  const [width, height] = last ? [last.width, last.height] : [PAGE_WIDTH * 0.3, Math.max(LEAST, PAGE_HEIGHT * 0.04)];
  if (last && last.y + 2.5 * height <= PAGE_HEIGHT) return { x: last.x, y: last.y + 1.5 * height, width, height };
  return { x: (PAGE_WIDTH - width) / 2, y: PAGE_HEIGHT * 0.1, width, height };
}

// With the mouse, a pen or a finger.
const point = (event) => {
  const { left, top, width, height } = svg.getBoundingClientRect();
  const [x, y] = [((event.clientX - left) / width) * PAGE_WIDTH, ((event.clientY - top) / height) * PAGE_HEIGHT];
  return { x: clamp(x, 0, PAGE_WIDTH), y: clamp(y, 0, PAGE_HEIGHT) };
};
const span = (one, other) => ({
  x: Math.min(one.x, other.x),
  y: Math.min(one.y, other.y),
  width: Math.abs(one.x - other.x),
  height: Math.abs(one.y - other.y),
});
const setDrawing = (on) => {
  drawing.setAttribute("aria-pressed", String(on));
  svg.classList.toggle("is-drawing", on);
};

function press(event) {
  const hit = fields.find((field) => field.group.contains(event.target));
  if (hit) choose(hit);
  if (!svg.classList.contains("is-drawing") || event.button || !event.isPrimary) return;
  event.preventDefault();
  svg.setPointerCapture(event.pointerId);
  const from = point(event);
  drag = { id: event.pointerId, from, field: hit, box: hit && boxOf(hit), sizing: hit && event.target === hit.corner };
  if (!hit) drag.ghost = part("rect", { class: "form-ghost" }, part("g", { class: "form-box is-now" }, svg));
}

function pull(event) {
  if (event.pointerId !== drag?.id) return;
  const to = point(event);
  if (drag.ghost) {
    for (const [key, value] of Object.entries(span(drag.from, to))) drag.ghost.setAttribute(key, value);
    return;
  }
  const [across, down] = [to.x - drag.from.x, to.y - drag.from.y];
  const { x, y, width, height } = drag.box;
  if (drag.sizing) place(drag.field, { x, y, width: Math.min(width + across, PAGE_WIDTH - x), height: Math.min(height + down, PAGE_HEIGHT - y) });
  else place(drag.field, { x: x + across, y: y + down, width, height });
}

function release(event) {
  if (event.pointerId !== drag?.id) return;
  const { ghost, from, field } = drag;
  drag = null;
  if (!ghost) return field.group.focus({ preventScroll: true });
  ghost.parentNode.remove();
  const box = event.type === "pointerup" ? span(from, point(event)) : { width: 0, height: 0 };
  if (box.width < LEAST || box.height < LEAST) return;
  add(box).inputs.name.focus({ preventScroll: event.pointerType !== "mouse" });
}

function onKey(event, field) {
  if (event.key === "Enter") {
    event.preventDefault();
    return field.inputs.name.focus();
  }
  if (event.key === "Delete") {
    event.preventDefault();
    return take(field, true);
  }
  const way = WAYS[event.key];
  if (!way) return;
  event.preventDefault();
  const step = event.altKey ? 1 : Math.max(1, Math.round(Math.max(PAGE_WIDTH, PAGE_HEIGHT) / 200));
  const [x, y] = way.map((side) => side * step);
  const box = boxOf(field);
  place(field, event.shiftKey ? { ...box, width: box.width + x, height: box.height + y } : { ...box, x: box.x + x, y: box.y + y });
  field.group.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// What would be read of a picture, or of the sample, without leaving the page.
const trial = editor.querySelector("[data-trial]");
const tryButton = editor.querySelector("[data-try-button]");
async function tryIt(event) {
  event.preventDefault();
  tryButton.disabled = true;
  trial.textContent = editor.dataset.trying;
  try {
    const answer = await fetch(editor.dataset.try, { method: "POST", body: new FormData(editor), headers: { Accept: "application/json" } });
    const found = await answer.json();
    if (answer.ok) trial.innerHTML = found.html;
    else trial.textContent = found.error.message;
  } catch {
    trial.textContent = editor.dataset.tryLost;
  }
  tryButton.disabled = false;
}

svg.replaceChildren();
for (const card of list.querySelectorAll("[data-field]")) adopt(card);
for (const field of fields) {
  field.group.classList.toggle("is-wrong", field.card.classList.contains("is-wrong"));
  const gone = field.card.querySelector("[name$=-DELETE]").checked;
  if (gone) field.card.hidden = true;
}
editor.querySelector("[data-form-tools]").hidden = false;
setDrawing(matchMedia("(pointer: fine)").matches || !fields.length);
showAll();
list.querySelector(".is-invalid")?.focus();

svg.addEventListener("pointerdown", press);
svg.addEventListener("pointermove", pull);
svg.addEventListener("pointerup", release);
svg.addEventListener("pointercancel", release);
drawing.addEventListener("click", () => setDrawing(!svg.classList.contains("is-drawing")));
larger.addEventListener("click", () => {
  const on = paper.classList.toggle("is-larger");
  larger.setAttribute("aria-pressed", String(on));
  showAll();
});
editor.querySelector("[data-add]").addEventListener("click", (event) => {
  event.preventDefault();
  add(nextPlace()).inputs.name.focus();
});
editor.addEventListener("input", () => (changed = true));
editor.addEventListener("submit", () => (changed = false));
tryButton.addEventListener("click", tryIt);
new ResizeObserver(showAll).observe(stage);
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});

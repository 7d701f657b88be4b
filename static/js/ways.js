// The two ways to give a picture, as tabs: a file or a drawing. What is sent is that of the chosen one.

const form = document.getElementById("read-form");
const field = form.elements.namedItem("image");
const source = form.elements.namedItem("source");
const pad = document.getElementById("pad");
const tabs = [...document.querySelectorAll("[role=tab]")];
const heard = [];

let way = "file";
let origin = "file"; // how the file came: chosen or dropped, pasted, photographed

export const isDrawing = () => way === "draw";
export const onChoice = (listener) => heard.push(listener);

export function choose(chosen, focus = false) {
  way = chosen;
  for (const tab of tabs) {
    const on = tab.id === `tab-${way}`;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
    if (on && focus) tab.focus();
  }
  form.dataset.way = way;
  tell();
  for (const listener of heard) listener();
}

export function cameFrom(where) {
  origin = where;
  tell();
}

function tell() {
  field.disabled = isDrawing();
  source.value = isDrawing() ? "canvas" : origin;
}

// A message above may have pushed the pad below the bar of the button: a finger on it could not scroll there.
function go(chosen, focus) {
  choose(chosen, focus);
  if (isDrawing()) pad.scrollIntoView({ block: "nearest" });
}

function follow() {
  if (location.hash === "#draw") go("draw");
}

for (const [at, tab] of tabs.entries()) {
  const panel = document.getElementById(tab.getAttribute("aria-controls"));
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", tab.id);
  tab.addEventListener("click", () => go(tab.id.slice(4)));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    go(tabs[(at + 1) % tabs.length].id.slice(4), true);
  });
}

document.querySelector("[role=tablist]").hidden = false;
window.addEventListener("hashchange", follow);
// A page that comes back keeps its way, and the browser may have put old values into the fields.
window.addEventListener("pageshow", () => choose(way));
follow();

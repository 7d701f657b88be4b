// Choosing a picture, by dialogue, camera, drop or paste: preview, second thoughts, and the button that works once.

import * as crop from "./crop.js";
import { listen } from "./paste.js";
import { cameFrom, choose, isDrawing } from "./ways.js";

const form = document.getElementById("read-form");
const drop = document.getElementById("drop");
const preview = document.getElementById("preview");
const image = document.getElementById("preview-image");
const none = document.getElementById("preview-none");
const problem = document.getElementById("file-problem");
const note = document.getElementById("file-note");
const button = document.getElementById("read-button");
const camera = document.getElementById("camera");
const photo = document.getElementById("camera-file");
const field = form.elements.namedItem("image");
const words = button.textContent;
const mostBytes = Number(form.dataset.maxMegabytes) * 1024 * 1024;

let shown = null;

function megabytes(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(sentence) {
  problem.textContent = sentence;
  problem.classList.toggle("d-block", sentence !== "");
}

function wrong() {
  const file = field.files[0];
  if (!file || (crop.edited() && file.size)) return "";
  if (file.size === 0) return "This file is empty.";
  const limit = form.dataset.maxMegabytes;
  return mostBytes && file.size > mostBytes ? `This file has ${megabytes(file.size)}; up to ${limit} MB can be read.` : "";
}

function show() {
  const file = field.files[0] ?? null;
  shown = file;
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
  image.hidden = true;
  none.hidden = false;
  drop.hidden = Boolean(file);
  camera.hidden = Boolean(file) || !matchMedia("(any-pointer: coarse)").matches;
  preview.hidden = !file;
  note.textContent = "";
  crop.begin(null, null);
  say(wrong());
  if (!file) return;
  document.getElementById("image-error")?.remove();
  drop.classList.remove("is-invalid");
  document.getElementById("preview-name").textContent = file.name;
  document.getElementById("preview-size").textContent = megabytes(file.size);
  open(file);
}

// Some kinds (TIFF in most browsers) can be read here but not shown by the browser: then the name stays.
function open(file) {
  const picture = new Image();
  image.src = URL.createObjectURL(file);
  picture.src = image.src;
  picture.addEventListener("load", () => {
    if (shown !== file) return;
    image.hidden = false;
    none.hidden = true;
    crop.begin(picture, file);
  });
}

function remove() {
  field.value = "";
  show();
  field.focus();
}

function take(file, origin, sentence = "") {
  if (button.disabled) return;
  const one = new DataTransfer();
  one.items.add(file);
  field.files = one.files;
  cameFrom(origin);
  choose("file");
  show();
  note.textContent = sentence;
}

function busy(is) {
  button.disabled = is;
  button.textContent = is ? button.dataset.busy : words;
}

drop.classList.add("is-ready");
document.getElementById("drop-hint").hidden = false;
field.addEventListener("change", () => {
  cameFrom("file");
  show();
});
document.getElementById("preview-remove").addEventListener("click", remove);
camera.addEventListener("click", () => photo.click());
photo.addEventListener("change", () => {
  if (photo.files.length) take(photo.files[0], "camera");
  photo.value = "";
});
listen(take, (sentence) => {
  choose("file");
  say(sentence);
});

form.addEventListener("submit", (event) => {
  if (!isDrawing()) {
    say(wrong());
    if (problem.textContent) event.preventDefault();
  }
  if (!event.defaultPrevented) busy(true);
});
form.addEventListener("formdata", (event) => {
  if (!isDrawing() && crop.edited()) event.formData.set("image", crop.result(mostBytes));
});

// Coming back with the browser's button finds the page as it was left: usable again.
window.addEventListener("pageshow", () => {
  busy(false);
  if ((field.files[0] ?? null) !== shown) show();
});
show();

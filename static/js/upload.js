// Choosing a picture: preview, remove, drop; and the button that can't be pressed twice.

const form = document.getElementById("read-form");
const drop = document.getElementById("drop");
const preview = document.getElementById("preview");
const image = document.getElementById("preview-image");
const none = document.getElementById("preview-none");
const problem = document.getElementById("file-problem");
const button = document.getElementById("read-button");
const field = form.elements.namedItem("image");
const words = button.textContent;

function megabytes(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(sentence) {
  problem.textContent = sentence;
  problem.classList.toggle("d-block", sentence !== "");
}

function check(file) {
  const limit = Number(form.dataset.maxMegabytes);
  if (file && limit && file.size > limit * 1024 * 1024) {
    return `This file has ${megabytes(file.size)}; up to ${limit} MB can be read.`;
  }
  return file && file.size === 0 ? "This file is empty." : "";
}

function show() {
  const file = field.files[0];
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
  image.hidden = true;
  none.hidden = false;
  drop.hidden = Boolean(file);
  preview.hidden = !file;
  say(check(file));
  if (!file) return;
  document.getElementById("image-error")?.remove();
  drop.classList.remove("is-invalid");
  document.getElementById("preview-name").textContent = file.name;
  document.getElementById("preview-size").textContent = megabytes(file.size);
  image.src = URL.createObjectURL(file);
}

function remove() {
  field.value = "";
  show();
  field.focus();
}

function take(event) {
  event.preventDefault();
  drop.classList.remove("is-over");
  const file = event.dataTransfer.files[0];
  if (!file || button.disabled) return;
  const one = new DataTransfer();
  one.items.add(file);
  field.files = one.files;
  form.dispatchEvent(new CustomEvent("picture-chosen"));
  show();
}

// Some kinds (TIFF in most browsers) can be read here but not shown by the browser: the name stays.
image.addEventListener("load", () => {
  image.hidden = false;
  none.hidden = true;
});

function busy(is) {
  button.disabled = is;
  button.textContent = is ? button.dataset.busy : words;
}

drop.classList.add("is-ready");
document.getElementById("drop-hint").hidden = false;
field.addEventListener("change", show);
document.getElementById("preview-remove").addEventListener("click", remove);

// A picture that misses the drop area would otherwise replace the page.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("is-over");
});
document.addEventListener("drop", take);

form.addEventListener("submit", (event) => {
  if (!field.disabled && problem.textContent) event.preventDefault();
  if (!event.defaultPrevented) busy(true);
});

// Coming back with the browser's button finds the page as it was left: usable again.
window.addEventListener("pageshow", () => {
  busy(false);
  show();
});

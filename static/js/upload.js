// Giving pictures, by dialogue, camera, drop or paste: one is shown and may be cropped, several become a list.

import * as pile from "./batch-list.js";
import { sendPile } from "./batch-progress.js";
import * as crop from "./crop.js";
import { plain } from "./folders.js";
import { listen } from "./paste.js";
import { offerCamera } from "./viewfinder.js";
import { cameFrom, choose, isDrawing, onChoice } from "./ways.js";
import { number, size, speaker } from "./speaker.js";

const form = document.getElementById("read-form");
const say = speaker(document.getElementById("read-words"));
const drop = document.getElementById("drop");
const preview = document.getElementById("preview");
const image = document.getElementById("preview-image");
const none = document.getElementById("preview-none");
const problem = document.getElementById("file-problem");
const button = document.getElementById("read-button");
const camera = document.getElementById("camera");
const photo = document.getElementById("camera-file");
const folder = document.getElementById("folder");
const folderFiles = document.getElementById("folder-files");
const field = form.elements.namedItem("image");
const words = button.textContent;
const mostBytes = Number(form.dataset.maxMegabytes) * 1024 * 1024;

const atADesk = matchMedia("(any-pointer: fine)").matches; // phones have no folders, and nothing to drop from
const takesFolders = atADesk && "webkitdirectory" in folderFiles;

let shown = null;

function complain(sentence) {
  problem.textContent = sentence;
  problem.classList.toggle("d-block", sentence !== "");
}

function show() {
  const file = pile.isPile() ? null : (field.files[0] ?? null);
  const nothing = !file && !pile.isPile();
  shown = file;
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
  image.hidden = true;
  none.hidden = false;
  drop.hidden = !nothing;
  camera.hidden = Boolean(file) || !matchMedia("(any-pointer: coarse)").matches;
  folder.hidden = !nothing || !takesFolders;
  drop.parentElement.classList.toggle("has-one", Boolean(file));
  preview.hidden = !file;
  crop.begin(null, null);
  complain(file && !crop.edited() ? wrong(file) : "");
  label();
  if (nothing) return;
  document.getElementById("image-error")?.remove();
  drop.classList.remove("is-invalid");
  if (!file) return;
  document.getElementById("preview-name").textContent = file.name;
  document.getElementById("preview-size").textContent = size(file.size);
  open(file);
}

// What is none of ours is said by the server, as to everybody.
const wrong = (file) => (file.size && pile.kindOf(file) === "other" ? "" : pile.wrong(file));

function label() {
  const count = pile.good().length;
  button.textContent = count && pile.isPile() && !isDrawing() ? say("read", { count, files: number(count) }) : words;
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

// The one picture becomes the first of several, as it was turned and cropped.
function more() {
  const file = crop.edited() ? crop.result(mostBytes) : field.files[0];
  field.value = "";
  pile.add([{ file, path: file.name }]);
  document.getElementById("given-add").focus();
}

function remove() {
  field.value = "";
  show();
  field.focus();
}

// One picture is shown, as is one PDF: it may have a single page. An archive is sent as a batch, and so is a document
// that is too large for a form.
function isOne(found) {
  if (found.length !== 1 || pile.isPile()) return false;
  const [{ file }] = found;
  return pile.kindOf(file) !== "zip" && !(pile.isDocument(file) && mostBytes && file.size > mostBytes);
}

function receive(found, origin) {
  if (button.disabled || !found.length) return;
  cameFrom(origin);
  choose("file");
  if (isOne(found)) {
    const one = new DataTransfer();
    one.items.add(found[0].file);
    field.files = one.files;
    show();
    return;
  }
  field.value = "";
  pile.add(found);
}

function busy(is, doing = button.dataset.busy) {
  button.disabled = is;
  button.textContent = is ? doing : words;
  if (!is) label();
}

drop.classList.add("is-ready");
document.getElementById("drop-hint").hidden = !atADesk;
document.getElementById("given-folder").hidden = !takesFolders;
field.addEventListener("change", () => {
  if (field.files.length) receive(plain(field.files), "file");
  else show();
});
document.getElementById("preview-more").addEventListener("click", more);
document.getElementById("preview-remove").addEventListener("click", remove);
camera.addEventListener("click", () => photo.click());
photo.addEventListener("change", () => {
  if (photo.files.length) receive(plain(photo.files), "camera");
  photo.value = "";
});
for (const opener of [folder, document.getElementById("given-folder")]) opener.addEventListener("click", () => folderFiles.click());
folderFiles.addEventListener("change", () => {
  const found = plain(folderFiles.files);
  if (found.length) receive(found, "file");
  else complain(say("emptyFolder"));
  folderFiles.value = "";
});
document.getElementById("given-add").addEventListener("click", () => field.click());
document.getElementById("given-clear").addEventListener("click", () => {
  pile.clear();
  field.focus();
});
pile.onChange(show);
onChoice(label);
listen(
  receive,
  (name) => {
    choose("file");
    complain(say(name));
  },
  Number(form.dataset.maxFiles) || Infinity,
);
offerCamera((file) => receive([{ file, path: file.name }], "camera"));

form.addEventListener("submit", (event) => {
  if (isDrawing()) return event.defaultPrevented || busy(true);
  if (pile.isPile()) return sendMany(event);
  complain(field.files[0] && !crop.edited() ? wrong(field.files[0]) : "");
  if (problem.textContent) event.preventDefault();
  else busy(true);
});

function sendMany(event) {
  const count = pile.good().length;
  const unkept = form.elements.namedItem("keep").value === "nothing";
  const most = Number(form.dataset.maxUnkept);
  if (!count) complain(say("noneGood"));
  else if (unkept && most && count > most) complain(say("tooManyUnkept", { most: number(most), files: number(count) }));
  else {
    busy(true, unkept ? undefined : say("busy"));
    if (unkept) return; // read one after the other in the answer, and shown once
    event.preventDefault();
    sendPile().finally(() => busy(false));
    return;
  }
  event.preventDefault();
}

form.addEventListener("formdata", (event) => {
  if (isDrawing()) return;
  if (crop.edited()) event.formData.set("image", crop.result(mostBytes));
  if (!pile.isPile()) return;
  event.formData.delete("image");
  for (const { file } of pile.good()) event.formData.append("image", file, file.name);
});

// Coming back with the browser's button finds the page as it was left: usable again.
window.addEventListener("pageshow", () => {
  busy(false);
  pile.forgetSent();
  if (!pile.isPile() && (field.files[0] ?? null) !== shown) show();
});
show();

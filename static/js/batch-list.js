// Several files that were given: a list in which each can be looked at and removed, and what is wrong is said beside it.

import { number, size, speaker } from "./speaker.js";

const PICTURE = /\.(png|jpe?g|webp|gif|bmp|tiff?|hei[cf]|avif)$/i;
const MOST_SHOWN = 500;
const THUMBNAIL = 96;
const AT_ONCE = 2; // thumbnails that are made at one time: a photo takes some 50 MB while it is opened

const form = document.getElementById("read-form");
const say = speaker(document.getElementById("read-words"));
const panel = document.getElementById("given");
const list = document.getElementById("given-list");
const row = document.getElementById("given-row");
const note = document.getElementById("given-note");

let entries = [];
let heard = () => {};
let locked = false;

export function kindOf(file) {
  if (/\.zip$/i.test(file.name) || /zip/.test(file.type)) return "zip";
  if (/\.pdf$/i.test(file.name) || file.type === "application/pdf") return "pdf";
  const unknown = !file.type && !/\.\w{1,5}$/.test(file.name);
  return file.type.startsWith("image/") || PICTURE.test(file.name) || unknown ? "picture" : "other";
}

export const isDocument = (file) => kindOf(file) === "pdf" || /\.tiff?$/i.test(file.name) || file.type === "image/tiff";

function limit(file) {
  const { maxMegabytes, maxDocumentMegabytes, maxArchiveMegabytes } = form.dataset;
  return Number(kindOf(file) === "zip" ? maxArchiveMegabytes : isDocument(file) ? maxDocumentMegabytes : maxMegabytes);
}

// What is wrong with a file, as far as a browser can tell; an empty sentence for nothing.
export function wrong(file) {
  if (file.size === 0) return say("empty");
  if (kindOf(file) === "other") return say("unsupported");
  const most = limit(file);
  return most && file.size > most * 1024 * 1024 ? say("tooLarge", { size: size(file.size), limit: number(most) }) : "";
}

// The same file given twice has the same key, today and after a reload; the server takes each key once.
function keyOf({ file, path }) {
  let hash = 0x811c9dc5;
  for (const sign of path) hash = Math.imul(hash ^ sign.codePointAt(0), 0x01000193) >>> 0;
  return [hash, file.size, file.lastModified, path.length].map((part) => part.toString(36)).join("-");
}

export const given = () => entries;
export const good = () => entries.filter((entry) => !entry.problem);
export const isPile = () => entries.length > 0;
export const onChange = (listener) => (heard = listener);
export const lock = (is) => {
  locked = is;
  panel.classList.toggle("is-locked", is);
};

export function add(found) {
  const known = new Set(entries.map((entry) => entry.key));
  const most = Number(form.dataset.maxFiles) || Infinity;
  const fresh = [];
  for (const one of found) {
    const key = keyOf(one);
    if (known.has(key)) continue;
    known.add(key);
    fresh.push({ ...one, key, problem: wrong(one.file), state: "waiting", loaded: 0 });
  }
  const room = Math.max(0, most - entries.length);
  entries.push(...fresh.slice(0, room));
  const twice = found.length - fresh.length;
  show(fresh.length > room ? say("tooMany", { most: number(most) }) : twice ? say("twice", { count: twice, twice: number(twice) }) : "");
}

export function clear() {
  entries = [];
  show();
}

// What is with the server by now is no matter of this list any more.
export function forgetSent() {
  if (!entries.some(({ state }) => state === "sent")) return;
  entries = entries.filter(({ state }) => state !== "sent");
  show();
}

function remove(entry) {
  const at = entries.indexOf(entry);
  entries.splice(at, 1);
  show();
  const buttons = list.querySelectorAll("button");
  (buttons[Math.min(at, buttons.length - 1)] ?? document.getElementById("drop").querySelector("input")).focus();
}

// A file's name within the batch: below the folder that names the batch, if there is one.
export const nameWithin = ({ path }) => {
  const folder = `${nameOfPile()}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : path;
};

// Where all came out of one folder, or one archive, that names the batch.
export function nameOfPile() {
  if (entries.length === 1) return entries[0].file.name;
  const folders = new Set(entries.map(({ path }) => (path.includes("/") ? path.split("/")[0] : "")));
  return folders.size === 1 ? [...folders][0] : "";
}

function show(sentence = "") {
  const right = good();
  const left = entries.length - right.length;
  panel.hidden = !entries.length;
  note.textContent = [left ? say("leftOut", { count: left, left: number(left) }) : "", sentence].filter(Boolean).join(" ");
  document.getElementById("given-count").textContent = say("files", { count: entries.length, files: number(entries.length) });
  document.getElementById("given-size").textContent = size(entries.reduce((sum, entry) => sum + entry.file.size, 0));
  forget();
  // What is wrong comes first: in a long list nobody would find it.
  const shown = [...entries.filter((entry) => entry.problem), ...right].slice(0, MOST_SHOWN);
  list.replaceChildren(...shown.map(line));
  if (entries.length > shown.length) {
    const more = document.createElement("li");
    more.className = "given-more muted small";
    more.textContent = say("more", { more: number(entries.length - shown.length) });
    list.append(more);
  }
  heard();
}

function line(entry) {
  const item = row.content.firstElementChild.cloneNode(true);
  entry.item = item;
  item.querySelector(".given-name").textContent = entry.path;
  const button = item.querySelector("button");
  button.setAttribute("aria-label", say("remove", { name: entry.path }));
  button.addEventListener("click", () => !locked && remove(entry));
  tell(entry);
  if (kindOf(entry.file) === "picture" && entry.file.size) watch.observe(item);
  pending.set(item, entry);
  return item;
}

// What stands beside a file: its size, or what became of it, or what is wrong with it.
export function tell(entry) {
  const { item } = entry;
  if (!item) return;
  item.querySelector(".given-facts").textContent = entry.state === "sent" ? say("sent") : size(entry.file.size);
  item.querySelector(".given-problem").textContent = entry.problem;
  item.classList.toggle("is-wrong", Boolean(entry.problem));
  item.classList.toggle("is-sent", entry.state === "sent");
}

// Thumbnails, of what is in sight only -----------------------------------------------------------------
const pending = new Map();
const queue = [];
let busy = 0;

const watch = new IntersectionObserver(
  (sightings) => {
    for (const { isIntersecting, target } of sightings) {
      if (!isIntersecting || !pending.has(target)) continue;
      watch.unobserve(target);
      queue.push(target);
    }
    work();
  },
  { root: list, rootMargin: "200px" },
);

function forget() {
  watch.disconnect();
  pending.clear();
  queue.length = 0;
}

async function work() {
  while (busy < AT_ONCE && queue.length) {
    const item = queue.shift();
    const entry = pending.get(item);
    if (!entry) continue;
    busy += 1;
    await thumbnail(entry).then(
      (canvas) => item.querySelector(".given-thumb").replaceChildren(canvas),
      () => {}, // a kind that this browser cannot show keeps its sign
    );
    busy -= 1;
  }
}

async function thumbnail(entry) {
  if (!entry.canvas) {
    const bitmap = await createImageBitmap(entry.file, { resizeWidth: THUMBNAIL, resizeQuality: "low" });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, Math.min(bitmap.height, 4 * THUMBNAIL)];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    entry.canvas = canvas;
  }
  return entry.canvas;
}

// What stands in the text and what stands on the picture light up together; the text is copied;
// what is known of a digit is fetched when it is opened.

import { gettext } from "./words.js";

const twins = (element) => {
  const { d, n } = element.dataset;
  return document.querySelectorAll(d ? `[data-d="${d}"]` : `[data-n="${n}"]:not([data-d])`);
};

let lit = [];
function light(event) {
  const element = event.target.closest?.("[data-d], [data-n]");
  for (const old of lit) old.classList.remove("is-lit");
  lit = element ? [...twins(element)].filter((twin) => twin !== element) : [];
  for (const twin of lit) twin.classList.add("is-lit");
  const box = event.type === "focusin" && element?.closest(".overlay") ? element : lit.find((twin) => twin.closest(".overlay"));
  if (box) bring(box);
}

// An enlarged picture moves so that the box is seen; the page stays where it is.
function bring(box) {
  const frame = box.closest(".viewer").getBoundingClientRect();
  const place = box.getBoundingClientRect();
  const off = (from, to, start, end) => (from < start ? from - start : Math.min(Math.max(0, to - end), from - start));
  box.closest(".viewer").scrollBy(
    off(place.left - 8, place.right + 8, frame.left, frame.right),
    off(place.top - 8, place.bottom + 8, frame.top, frame.bottom),
  );
}
for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, light);

// A press on a digit of the picture opens it in the text.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".overlay a[href]");
  if (!link) return;
  const target = document.getElementById(link.getAttribute("href").slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.querySelector("summary").focus({ preventScroll: true });
  } else {
    target?.querySelector("[name=text]")?.focus({ preventScroll: true });
  }
});

async function part(address) {
  const answer = await fetch(address, { headers: { "X-Fragment": "1", Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  return template.content;
}

document.addEventListener(
  "toggle",
  async (event) => {
    const { target } = event;
    if (!target.open || !target.dataset?.src) return;
    const address = target.dataset.src;
    delete target.dataset.src;
    try {
      const body = await part(address);
      target.querySelector(":scope > a").replaceWith(body);
    } catch {
      target.dataset.src = address; // the link to its own page stays
    }
  },
  true,
);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-why]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  link.setAttribute("aria-busy", "true");
  try {
    const body = await part(link.href);
    const figure = body.querySelector("figure");
    figure.tabIndex = -1;
    link.closest("p").replaceWith(body);
    figure.focus({ preventScroll: true });
  } catch {
    location.assign(link.href); // the page says what is wrong
  }
});

for (const box of document.querySelectorAll("[data-copy-of]")) {
  const text = document.getElementById(box.dataset.copyOf);
  box.hidden = false;
  box.querySelector("button").addEventListener("click", async () => {
    const lines = [...text.children].map((line) => line.textContent.trim().replace(/\s+/g, " "));
    const status = box.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(lines.join("\n"));
      status.textContent = gettext("Copied");
    } catch {
      // Without https browsers give no clipboard: the text is selected, and the keyboard copies it.
      getSelection().selectAllChildren(text);
      status.textContent = gettext("Selected: press Ctrl or ⌘ and C");
    }
    setTimeout(() => (status.textContent = ""), 4000);
  });
}

// After a correction its number is seen where it was: a sheet may have dozens.
const PLACE = "numeral-result-place";
document.addEventListener("submit", (event) => {
  const number = event.target.closest(".number");
  if (!number) return;
  const { top } = number.getBoundingClientRect();
  sessionStorage.setItem(PLACE, JSON.stringify({ path: location.pathname, id: number.id, top }));
});
const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
sessionStorage.removeItem(PLACE);
const corrected = place?.path === location.pathname && document.getElementById(place.id);
if (corrected && scrollY === 0) scrollBy(0, corrected.getBoundingClientRect().top - place.top);

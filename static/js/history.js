// Ticking many: all of a page at once, a range with Shift, and a count; without it each box still works by itself.

import { figure, fill, ngettext } from "./words.js";

for (const form of document.querySelectorAll("[data-selection]")) {
  const boxes = [...form.querySelectorAll("[name=upload]")];
  const all = form.querySelector("[data-select-all]");
  const bar = form.querySelector(".selection");
  const count = form.querySelector(".selection-count");
  const more = form.querySelector("[data-take-all]");
  let last = null;

  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    bar.hidden = ticked === 0;
    count.textContent = fill(ngettext("{n} ticked", "{n} ticked", ticked), { n: figure(ticked) });
    if (more) more.hidden = !all.checked;
  };

  for (const [at, box] of boxes.entries()) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        for (const between of boxes.slice(Math.min(last, at), Math.max(last, at) + 1)) between.checked = box.checked;
      }
      last = at;
      show();
    });
  }
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  all.closest("[hidden]").hidden = false;
  window.addEventListener("pageshow", show);
  show();
}

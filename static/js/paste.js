// Files brought from elsewhere: dropped anywhere on the page, or pasted.

import { dropped, plain } from "./folders.js";

const cover = document.getElementById("drop-all");

const bringsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

// `receive(found, origin)` gets what was brought, `say(name)` is told what is wrong with it; `most`: files looked at.
export function listen(receive, say, most) {
  document.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault(); // else the picture would replace the page
    cover.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) cover.hidden = true;
  });
  document.addEventListener("drop", async (event) => {
    cover.hidden = true;
    if (!bringsFiles(event)) return;
    event.preventDefault();
    try {
      const found = await dropped(event.dataTransfer, most);
      if (found.length) receive(found, "file");
      else say("emptyFolder");
    } catch {
      say("unopenedFolder");
    }
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const typing = event.target.matches?.("input, textarea, [contenteditable]");
    // Text that is pasted into a field belongs there, even where a picture of it came along.
    if (typing && (event.clipboardData.types.includes("text/plain") || !files.length)) return;
    event.preventDefault();
    if (files.length) receive(plain(files), "paste");
    else say("nothingPasted");
  });
}

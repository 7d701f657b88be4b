// A picture brought from elsewhere: dropped anywhere on the page, or pasted.

const cover = document.getElementById("drop-all");

const bringsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

// `take(file, origin, note)` gets the first picture, `say(sentence)` what is wrong with the rest.
export function listen(take, say) {
  document.addEventListener("dragover", (event) => {
    if (!bringsFiles(event)) return;
    event.preventDefault(); // else the picture would replace the page
    cover.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) cover.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    cover.hidden = true;
    if (!bringsFiles(event)) return;
    event.preventDefault();
    const { items, files } = event.dataTransfer;
    if (items[0]?.webkitGetAsEntry?.()?.isDirectory) say("That is a folder. Give one picture at a time.");
    else if (files.length) take(files[0], "file", files.length > 1 ? onlyFirst(files) : "");
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const typing = event.target.matches?.("input, textarea, [contenteditable]");
    const pictures = files.filter((file) => file.type.startsWith("image/"));
    // Text that is pasted into a field belongs there, even where a picture of it came along.
    if (typing && event.clipboardData.types.includes("text/plain")) return;
    if (!pictures.length && typing) return;
    event.preventDefault();
    if (pictures.length) take(pictures[0], "paste");
    else say("There is no picture in the clipboard. Copy one, then paste it here.");
  });
}

function onlyFirst(files) {
  return `Only the first of the ${files.length} files was taken; one picture is read at a time.`;
}

// Copies what was read as a column, for a spreadsheet; where the browser copies nothing, the page with the text remains.

const SAID = 4_000; // ms

async function copied(text) {
  if (!navigator.clipboard) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function say(button) {
  const words = button.textContent;
  button.textContent = button.dataset.done;
  button.setAttribute("aria-live", "polite");
  setTimeout(() => (button.textContent = words), SAID);
}

// A link to the page of the column: its text is fetched and copied; else the link leads there.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-column]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !navigator.clipboard) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (await copied(page.getElementById("column").value)) return say(link);
  } catch {
    // The page itself says what is the matter.
  }
  location.assign(link.href);
});

const here = document.querySelector("[data-copy-column]");
if (here) {
  here.hidden = false;
  const column = document.getElementById("column");
  here.querySelector("button").addEventListener("click", async (event) => {
    if (await copied(column.value)) return say(event.target);
    column.focus();
    column.select();
  });
}

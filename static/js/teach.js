// A sheet is sent once: the button that was pressed says so, and waits.

const form = document.getElementById("teach-form");

form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const words = event.submitter?.querySelector("span");
  if (form.dataset.busy && words) words.textContent = form.dataset.busy;
});

// Coming back with the browser's button finds the page usable again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

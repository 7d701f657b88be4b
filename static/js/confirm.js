// Asks before deleting, in a dialogue; without it the link leads to a page that asks the same.

for (const link of document.querySelectorAll("[data-confirm]")) {
  const dialog = document.getElementById(link.dataset.confirm);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.showModal();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

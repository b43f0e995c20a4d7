// The builder: drag to reorder (buttons do the same), ready-made patterns, Ctrl+Z outside of inputs.
(() => {
  "use strict";
  const form = document.getElementById("move-form");
  const send = (at, to) => {
    form.elements.at.value = at;
    form.elements.to.value = to;
    form.requestSubmit();
  };
  if (form && window.Sortable) {
    for (const list of document.querySelectorAll("[data-sortable]")) {
      window.Sortable.create(list, {
        handle: ".grip",
        animation: 150,
        onEnd: (moved) => {
          if (moved.oldIndex !== moved.newIndex) send(`${list.dataset.sortable}/${moved.oldIndex}`, moved.newIndex);
        },
      });
    }
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const input = document.getElementById(button.dataset.fill);
    const hint = document.getElementById(`${button.dataset.fill}_hint`);
    input.value = button.dataset.fillValue;
    if (hint) hint.value = button.dataset.fillHint;
    input.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const verb = event.shiftKey ? "redo" : "undo";
    const button = document.querySelector(`form[action$="/${verb}"] button:not(:disabled)`);
    if (button) {
      event.preventDefault();
      button.click();
    }
  });
})();

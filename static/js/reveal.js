/* <button data-reveal="id of a password input"> shows and hides what was typed. */
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-reveal]");
    if (!button) return;
    var input = document.getElementById(button.dataset.reveal);
    var shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });

  // A secret must not stay readable in the page that the browser keeps for "Back".
  window.addEventListener("pagehide", function () {
    document.querySelectorAll("[data-reveal][aria-pressed=true]").forEach(function (button) {
      document.getElementById(button.dataset.reveal).type = "password";
      button.setAttribute("aria-pressed", "false");
    });
  });
})();

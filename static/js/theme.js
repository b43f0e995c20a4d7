/* Sets light or dark before the first paint. Loaded without "defer" in <head>; must stay tiny.
   The choice (light, dark or auto) lives in the cookie "theme", so that the server can render it too. */
(function () {
  "use strict";
  var root = document.documentElement;
  var prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  function storedChoice() {
    var found = document.cookie.match(/(?:^|; )theme=(light|dark|auto)/);
    return found ? found[1] : root.dataset.themeChoice || "auto";
  }

  function apply(choice) {
    var shown = choice === "auto" ? (prefersDark.matches ? "dark" : "light") : choice;
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = shown;
    document.dispatchEvent(new CustomEvent("themechange", { detail: { choice: choice, shown: shown } }));
  }

  function markButtons() {
    document.querySelectorAll("[data-theme-set]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === root.dataset.themeChoice));
    });
  }

  root.classList.add("js");
  apply(storedChoice());
  prefersDark.addEventListener("change", function () { apply(root.dataset.themeChoice); });
  document.addEventListener("DOMContentLoaded", markButtons);
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-theme-set]");
    if (!button) return;
    var secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "theme=" + button.dataset.themeSet + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
    apply(button.dataset.themeSet);
    markButtons();
  });
})();

/* Menus are <details class="menu">: this closes them on Escape, on a click elsewhere and when the focus leaves.
   It also closes the phone's navigation when the window becomes wide enough for the side bar. */
(function () {
  "use strict";
  function closeOthers(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }
  document.addEventListener("click", function (event) { closeOthers(event.target.closest("details.menu")); });
  document.addEventListener("focusin", function (event) { closeOthers(event.target.closest("details.menu")); });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  window.matchMedia("(min-width: 62rem)").addEventListener("change", function (wide) {
    var drawer = document.getElementById("navigation");
    if (wide.matches && drawer && drawer.matches(":popover-open")) drawer.hidePopover();
  });
})();

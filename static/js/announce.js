/* window.announce(text): says something to a screen reader without moving the focus. */
(function () {
  "use strict";
  window.announce = function (text) {
    var region = document.getElementById("live-region");
    if (!region) return;
    region.textContent = "";
    window.setTimeout(function () { region.textContent = text; }, 50);
  };
})();

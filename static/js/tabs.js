/* Where a row of tabs is wider than the screen, the open one is brought into view. */
(function () {
  "use strict";
  document.querySelectorAll(".tabs [aria-current='page']").forEach(function (tab) {
    var row = tab.parentElement;
    row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  });
})();

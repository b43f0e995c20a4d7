/* Live parts ([data-live]) ask the server again only while somebody can see them. */
(function () {
  "use strict";
  document.addEventListener("htmx:beforeRequest", function (event) {
    var element = event.detail.elt;
    if (document.hidden && element.matches("[data-live]")) event.preventDefault();
  });
})();

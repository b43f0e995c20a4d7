/* A form that came back with errors: the focus goes to the summary, so that it is read first. */
(function () {
  "use strict";
  function focusSummary(root) {
    var summary = root.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  }
  focusSummary(document);
  document.addEventListener("htmx:afterSettle", function (event) { focusSummary(event.detail.elt); });
})();

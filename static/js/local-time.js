/* <time datetime="…Z"> gets the full date in the reader's own zone as its tooltip. */
(function () {
  "use strict";
  var format = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: "full", timeStyle: "long" });
  function explain(root) {
    root.querySelectorAll("time[datetime]").forEach(function (element) {
      var moment = new Date(element.getAttribute("datetime"));
      if (!isNaN(moment)) element.title = format.format(moment);
    });
  }
  explain(document);
  document.addEventListener("htmx:load", function (event) { explain(event.detail.elt); });
})();

/* <button data-keep="id of an element" data-keep-name="file.txt"> saves what it says as a file; data-print prints. */
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-keep], [data-print]");
    if (!button) return;
    if ("print" in button.dataset) { window.print(); return; }
    var link = document.createElement("a");
    var text = document.getElementById(button.dataset.keep).innerText.trim() + "\n";
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = button.dataset.keepName;
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  });
})();

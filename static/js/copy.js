/* <button data-copy="text"> or <button data-copy-from="id of an input or element">. */
(function () {
  "use strict";
  function textOf(button) {
    if (button.dataset.copy !== undefined) return button.dataset.copy;
    var source = document.getElementById(button.dataset.copyFrom);
    return "value" in source ? source.value : source.textContent;
  }

  // Over plain http on another machine there is no navigator.clipboard.
  function copyTheOldWay(text) {
    var area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copy refused"));
  }

  function copy(text) {
    return navigator.clipboard ? navigator.clipboard.writeText(text) : copyTheOldWay(text);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    copy(textOf(button)).then(function () {
      button.classList.add("is-done");
      window.announce("Copied.");
      window.setTimeout(function () { button.classList.remove("is-done"); button.blur(); }, 1800);
    }, function () {
      window.toast({ tone: "warning", message: "The browser did not allow copying. Select the text and copy it by hand." });
    });
  });
})();

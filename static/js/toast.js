/* Short messages in the corner: from the server's HX-Trigger header
   ({"toast": {"message": "Saved.", "tone": "success"}}), from flashed messages already in the page,
   and from other scripts (window.toast). Errors stay until they are closed. */
(function () {
  "use strict";
  var SHOWN_FOR = 7000;
  var ICONS = { success: "circle-check", danger: "alert-circle", warning: "alert-triangle", info: "info-circle" };

  function icon(region, name) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    var use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("width", "20");
    svg.setAttribute("height", "20");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", region.dataset.icons + "#" + name);
    svg.append(use);
    return svg;
  }

  function close(toast) {
    toast.classList.add("is-leaving");
    window.setTimeout(function () { toast.remove(); }, 180);
  }

  function expire(toast) {
    if (toast.dataset.tone === "danger") return;
    var timer;
    function start() { timer = window.setTimeout(function () { close(toast); }, SHOWN_FOR); }
    function stop() { window.clearTimeout(timer); }
    ["mouseenter", "focusin"].forEach(function (name) { toast.addEventListener(name, stop); });
    ["mouseleave", "focusout"].forEach(function (name) { toast.addEventListener(name, start); });
    start();
  }

  function show(toast) {
    var region = document.getElementById("toasts");
    var message = typeof toast === "string" ? toast : toast.message;
    if (!region || !message) return;
    var already = Array.prototype.some.call(region.querySelectorAll(".toast-text"), function (shown) {
      return shown.textContent === message;
    });
    if (already) return;
    var tone = ICONS[toast.tone] ? toast.tone : "info";
    var box = document.createElement("div");
    var text = document.createElement("p");
    var button = document.createElement("button");
    box.className = "toast-card";
    box.dataset.tone = tone;
    text.className = "toast-text";
    text.textContent = message;
    button.type = "button";
    button.className = "icon-button";
    button.setAttribute("aria-label", "Close this message");
    button.dataset.toastClose = "";
    button.append(icon(region, "x"));
    box.append(icon(region, ICONS[tone]), text, button);
    region.append(box);
    expire(box);
  }

  window.toast = show;
  document.addEventListener("toast", function (event) {
    var detail = event.detail || {};
    var several = Array.isArray(detail.value) ? detail.value : [detail.value || detail];
    several.forEach(show);
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-toast-close]");
    if (button) close(button.closest(".toast-card"));
  });
  document.querySelectorAll("#toasts .toast-card").forEach(expire);
})();

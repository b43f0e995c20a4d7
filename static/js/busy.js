/* A pressed button says what is going on (data-busy="Saving…") and a second press does nothing,
   for plain forms and for htmx. Forms with method="get" or data-busy-off are left alone. */
(function () {
  "use strict";
  function begin(owner, button) {
    owner.dataset.inProgress = "yes";
    if (!button || !button.classList) return;
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
    var label = button.querySelector("[data-busy-label]");
    if (!button.dataset.busy || !label) return;
    button.dataset.idle = label.textContent;
    label.textContent = button.dataset.busy;
    window.announce(button.dataset.busy);
  }

  function end(owner) {
    delete owner.dataset.inProgress;
    var buttons = Array.prototype.slice.call(owner.querySelectorAll("[aria-busy=true]"));
    if (owner.getAttribute("aria-busy")) buttons.push(owner);
    buttons.forEach(function (button) {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-busy");
      var label = button.querySelector("[data-busy-label]");
      if (label && button.dataset.idle) label.textContent = button.dataset.idle;
      delete button.dataset.idle;
    });
  }

  function isPlain(form) {
    return form.method === "post" && !("busyOff" in form.dataset) &&
      !form.matches("[hx-post], [hx-put], [hx-delete], [hx-patch], [hx-boost=true]");
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.inProgress) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || !isPlain(event.target)) return;
    // After this turn, so that the button's own name and value are still sent.
    window.setTimeout(function () { begin(event.target, event.submitter); }, 0);
  });

  document.addEventListener("htmx:beforeRequest", function (event) {
    var element = event.detail.elt;
    if (element.matches("form:not([method=get]), button")) {
      var cause = event.detail.requestConfig.triggeringEvent;
      begin(element, element.matches("button") ? element : cause && cause.submitter);
    }
  });
  document.addEventListener("htmx:afterRequest", function (event) { end(event.detail.elt); });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) document.querySelectorAll("[data-in-progress]").forEach(end);
  });
})();

/* What htmx needs from us on every request: the CSRF token, and plain words when something fails. */
(function () {
  "use strict";
  function meta(name) {
    var element = document.querySelector('meta[name="' + name + '"]');
    return element ? element.content : "";
  }

  document.addEventListener("htmx:configRequest", function (event) {
    var detail = event.detail;
    if (detail.verb !== "get") detail.headers["X-CSRF-Token"] = meta("csrf-token");
    // Filters leave no empty "?search=&status=" in the address.
    if (detail.verb === "get" && detail.elt.matches("[data-filter-bar]")) {
      Array.from(new Set(detail.formData.keys())).forEach(function (name) {
        if (detail.formData.getAll(name).every(function (value) { return value === ""; })) detail.formData.delete(name);
      });
    }
  });

  function messageFor(status) {
    if (status === 403) return "You are not allowed to do that. Ask an owner of this workspace.";
    if (status === 404) return "That is no longer here. Reload the page to see what is.";
    if (status === 413) return "That is too large to send.";
    if (status === 429) return "That was a lot at once. Wait a moment, then try again.";
    if (status >= 500) return "Something went wrong on our side. Nothing was changed; try again in a moment.";
    return "That did not work. Reload the page and try again.";
  }

  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    if (status === 401) {
      var here = encodeURIComponent(location.pathname + location.search);
      location.assign(meta("login-url") + "?next=" + here);
      return;
    }
    if (event.detail.shouldSwap) return;
    window.toast({ tone: "danger", message: messageFor(status) });
  });
  document.addEventListener("htmx:sendError", function () {
    window.toast({ tone: "danger", message: "The server did not answer. Check your connection, then try again." });
  });
  document.addEventListener("htmx:timeout", function () {
    window.toast({ tone: "danger", message: "The server took too long to answer. Try again in a moment." });
  });
})();

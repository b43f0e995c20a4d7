/* Asks before a form is sent: <form data-confirm="What will happen" data-confirm-title="Delete it?"
   data-confirm-action="Delete" data-confirm-tone="danger">. Without JavaScript the form is simply sent.
   htmx's own hx-confirm uses the same dialog. */
(function () {
  "use strict";
  function build(options) {
    var dialog = document.createElement("dialog");
    var form = document.createElement("form");
    var title = document.createElement("h2");
    var text = document.createElement("p");
    var actions = document.createElement("div");
    var cancel = document.createElement("button");
    var go = document.createElement("button");
    dialog.className = "dialog";
    dialog.setAttribute("aria-labelledby", "confirm-title");
    dialog.setAttribute("aria-describedby", "confirm-text");
    form.method = "dialog";
    title.id = "confirm-title";
    title.textContent = options.title;
    text.id = "confirm-text";
    text.textContent = options.text;
    actions.className = "dialog-actions";
    cancel.className = "btn";
    cancel.value = "cancel";
    cancel.textContent = "Cancel";
    cancel.autofocus = true;
    go.className = "btn btn-" + options.tone;
    go.value = "go";
    go.textContent = options.action;
    actions.append(cancel, go);
    form.append(title, text, actions);
    dialog.append(form);
    return dialog;
  }

  function ask(options, onYes) {
    var dialog = build(options);
    document.body.append(dialog);
    dialog.addEventListener("close", function () {
      var yes = dialog.returnValue === "go";
      dialog.remove();
      if (yes) onYes();
    });
    dialog.showModal();
  }

  function optionsOf(element, text) {
    return {
      text: text,
      title: element.dataset.confirmTitle || "Are you sure?",
      action: element.dataset.confirmAction || "Continue",
      tone: element.dataset.confirmTone || "danger",
    };
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    var submitter = event.submitter;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(optionsOf(form, form.dataset.confirm), function () {
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    });
  }, true);

  document.addEventListener("htmx:confirm", function (event) {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(optionsOf(event.detail.elt, event.detail.question), function () { event.detail.issueRequest(true); });
  });
})();

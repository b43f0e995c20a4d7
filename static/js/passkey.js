/* <button data-passkey="get|create" data-options="address" data-fill="id of a hidden field"> asks the browser for a passkey,
   puts the answer into the field and sends its form. Buttons are hidden where the browser knows no passkeys. */
(function () {
  "use strict";
  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }
  function text(buffer) {
    var plain = "";
    new Uint8Array(buffer).forEach(function (one) { plain += String.fromCharCode(one); });
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function described(list) {
    return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); });
  }
  function asked(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    options.excludeCredentials = described(options.excludeCredentials);
    options.allowCredentials = described(options.allowCredentials);
    return { publicKey: options };
  }
  function answered(credential) {
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    });
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response: response,
      clientExtensionResults: credential.getClientExtensionResults()
    });
  }
  function options(address) {
    var token = document.querySelector("meta[name=csrf-token]").content;
    return fetch(address, { method: "POST", headers: { "X-CSRF-Token": token } }).then(function (answer) {
      return answer.json().catch(function () { return {}; }).then(function (body) {
        if (!answer.ok) throw new Error(body.error || "That did not work. Reload the page and try again.");
        return body;
      });
    });
  }
  function words(error) {
    if (error.name === "NotAllowedError") return "No passkey was used: it was cancelled or took too long.";
    if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
    return error.name === "Error" ? error.message : "This browser could not use a passkey here.";
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-passkey]");
    if (!button || button.disabled) return;
    button.disabled = true;
    options(button.dataset.options).then(function (found) {
      return navigator.credentials[button.dataset.passkey](asked(found));
    }).then(function (credential) {
      var field = document.getElementById(button.dataset.fill);
      field.value = answered(credential);
      field.form.querySelectorAll("[required]").forEach(function (one) { one.required = false; });
      field.form.submit();
    }).catch(function (error) {
      button.disabled = false;
      window.toast({ tone: "warning", message: words(error) });
    });
  });

  if (!window.PublicKeyCredential) {
    document.querySelectorAll("[data-passkey]").forEach(function (button) { button.hidden = true; });
  }
})();

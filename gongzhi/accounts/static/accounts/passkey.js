// Asks the browser for a passkey, or to make one, and sends its answer with the form. Without it the page offers codes.
(function () {
  "use strict";

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (one) { return one.charCodeAt(0); });
  }

  function text(buffer) {
    var plain = "";
    new Uint8Array(buffer).forEach(function (one) { plain += String.fromCharCode(one); });
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function asked(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) { options.user.id = bytes(options.user.id); }
    ["allowCredentials", "excludeCredentials"].forEach(function (name) {
      (options[name] || []).forEach(function (one) { one.id = bytes(one.id); });
    });
    return options;
  }

  function answered(credential) {
    var made = { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: {} };
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (credential.response[name]) { made.response[name] = text(credential.response[name]); }
    });
    made.clientExtensionResults = credential.getClientExtensionResults();
    if (credential.authenticatorAttachment) { made.authenticatorAttachment = credential.authenticatorAttachment; }
    return JSON.stringify(made);
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var button = form.querySelector("button[data-passkey-button]");
    var problem = form.querySelector("[data-passkey-problem]");
    if (!window.PublicKeyCredential || !navigator.credentials) {
      problem.hidden = false;
      return;
    }
    form.hidden = false;
    button.hidden = false;
    button.addEventListener("click", function (event) {
      event.preventDefault();
      if (!form.reportValidity()) { return; }
      var options = { publicKey: asked(JSON.parse(form.dataset.passkey).publicKey) };
      var making = form.dataset.passkeyHow === "create";
      button.disabled = true;
      (making ? navigator.credentials.create(options) : navigator.credentials.get(options)).then(function (credential) {
        form.querySelector("input[name=credential]").value = answered(credential);
        form.submit();
      }, function () {
        button.disabled = false;
        problem.hidden = false;
      });
    });
  });
})();

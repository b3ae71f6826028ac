/* Passkeys. A form with data-passkey shows itself where the browser knows passkeys; its button asks the
   browser, puts the answer into the field "credential" and sends the form. Without a script, the code by
   email and the code of an app stand on the same pages. */
(function () {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }
  function text(buffer) {
    var all = Array.from(new Uint8Array(buffer), function (b) { return String.fromCharCode(b); });
    return btoa(all.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function known(list) {
    return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); });
  }

  function make(options) {
    var key = Object.assign({}, options.publicKey);
    key.challenge = bytes(key.challenge);
    key.user = Object.assign({}, key.user, { id: bytes(key.user.id) });
    key.excludeCredentials = known(key.excludeCredentials);
    // One that signs in by itself: the device keeps it, and asks for a finger, a face or a PIN.
    key.authenticatorSelection = Object.assign({}, key.authenticatorSelection, {
      residentKey: "required", requireResidentKey: true, userVerification: "required"
    });
    return navigator.credentials.create({ publicKey: key });
  }
  function ask(options) {
    var key = Object.assign({}, options.publicKey);
    key.challenge = bytes(key.challenge);
    key.allowCredentials = known(key.allowCredentials);
    return navigator.credentials.get({ publicKey: key });
  }

  function plain(credential) {
    var said = credential.response, response = { clientDataJSON: text(said.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (said[name]) response[name] = text(said[name]);
    });
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response: response,
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: credential.getClientExtensionResults()
    };
  }

  function options(form) {
    if (form.dataset.options) return Promise.resolve(JSON.parse(form.dataset.options));
    return fetch(form.action, { headers: { Accept: "application/json" } }).then(function (answer) {
      if (!answer.ok) throw new Error("not now");
      return answer.json();
    }).then(function (said) { return said.request_options; });
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var wrong = form.querySelector("[data-wrong]");
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      if (form.elements.credential.value) return;
      event.preventDefault();
      wrong.hidden = true;
      options(form).then(form.dataset.passkey === "add" ? make : ask).then(function (credential) {
        form.elements.credential.value = JSON.stringify(plain(credential));
        form.submit();
      }).catch(function () { wrong.hidden = false; });
    });
  });
})();

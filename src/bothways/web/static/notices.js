/* “Also tell me on this phone”, where the browser can; the page is whole without it. */
(function () {
  var box = document.querySelector("[data-notices]");
  if (!box || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  if (Notification.permission === "denied") return;
  var on = box.querySelector("[data-on]"), off = box.querySelector("[data-off]");
  var hint = box.querySelector(".hint"), status = box.querySelector("[role=status]");
  var worker = navigator.serviceWorker;

  function show(agreed) {
    on.hidden = hint.hidden = !!agreed;
    off.hidden = !agreed;
    box.hidden = false;
  }
  function say(words, mood) {
    status.textContent = words;
    status.className = "notice " + (mood || "");
    status.hidden = !words;
  }
  function tell(what) {
    what.form = box.dataset.form;
    what.proof = box.dataset.proof;
    return fetch(box.dataset.to, {
      method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what)
    }).then(function (answer) { if (!answer.ok) throw new Error(answer.status); });
  }
  function current() {
    return worker.getRegistration("/r/").then(function (found) {
      return found ? found.pushManager.getSubscription() : null;
    });
  }
  function subscribe(found) {
    var wish = { userVisibleOnly: true, applicationServerKey: box.dataset.notices };
    return found.pushManager.subscribe(wish).catch(function (error) {
      if (error.name !== "InvalidStateError") throw error;
      // Agreed once under another key of the school: that one is of no use any more.
      return found.pushManager.getSubscription()
        .then(function (old) { return old && old.unsubscribe(); })
        .then(function () { return found.pushManager.subscribe(wish); });
    });
  }
  function busy(button, work) {
    button.addEventListener("click", function () {
      say("");
      button.disabled = true;
      work().catch(function () { say(box.dataset.failed, "bad"); })
        .then(function () { button.disabled = false; });
    });
  }
  busy(on, function () {
    return worker.register("/sw.js", { scope: "/r/" })
      .then(function () { return worker.ready; })
      .then(subscribe)
      .then(function (made) {
        var plain = made.toJSON();
        return tell({ endpoint: plain.endpoint, p256dh: plain.keys.p256dh, auth: plain.keys.auth })
          .catch(function (error) {
            return made.unsubscribe().then(function () { throw error; });
          });
      })
      .then(function () { show(true); say(box.dataset.done, "good"); off.focus(); });
  });
  busy(off, function () {
    return current().then(function (agreed) {
      if (!agreed) return null;
      return tell({ endpoint: agreed.endpoint, stop: true }).then(function () { return agreed.unsubscribe(); });
    }).then(function () { show(false); say(box.dataset.ended); on.focus(); });
  });
  current().then(show, function () { show(false); });
})();

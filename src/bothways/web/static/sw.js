/* Shows that a message has come, and opens its page. A lock screen is read by whoever passes: no words here. */
self.addEventListener("push", function (event) {
  var said = {};
  try { said = event.data.json(); } catch (e) { /* a notice without words is a notice all the same */ }
  event.waitUntil(self.registration.showNotification(String(said.title || "✉"), {
    body: String(said.body || ""), lang: String(said.lang || ""), dir: "auto",
    tag: String(said.tag || "message"), data: { url: String(said.url || "") }
  }));
});
self.addEventListener("notificationclick", function (event) {
  event.notification.close();
  var path = "/r/";
  try {
    var asked = new URL(event.notification.data.url, self.location.origin).pathname;
    if (asked.indexOf("/r/") === 0) path = asked;
  } catch (e) { /* the page for typing a code */ }
  event.waitUntil(self.clients.openWindow(path));
});

/* Half-written words outlive a bad connection: kept in this tab only, gone once they have arrived or the
   pages were closed here. */
(function () {
  var at = "draft " + location.pathname.toUpperCase(), boxes, i, key;
  function forget(start) {
    Object.keys(sessionStorage).forEach(function (name) {
      if (start && name.indexOf(start) === 0) sessionStorage.removeItem(name);
    });
  }
  function keep(box, key) {
    if (!box.value) box.value = sessionStorage.getItem(key) || "";
    box.addEventListener("input", function () { sessionStorage.setItem(key, box.value); });
    box.form.addEventListener("submit", function () { sessionStorage.setItem("sent draft", at); });
  }
  try {
    if (document.querySelector("[data-left]")) forget("draft ");
    if (document.querySelector("[data-kept]")) {
      forget(at);
      forget(sessionStorage.getItem("sent draft"));
    }
    boxes = document.querySelectorAll("form[method=post] textarea");
    for (i = 0; i < boxes.length; i += 1) {
      key = at + (boxes[i].id === "words" ? "" : " " + boxes[i].id);
      keep(boxes[i], key);
    }
  } catch (e) { /* a browser that keeps nothing still sends */ }
})();

/* A half-written answer outlives a bad connection: kept in this tab only, and gone once it has arrived. */
(function () {
  var key = "draft " + location.pathname.toUpperCase(), box = document.getElementById("words");
  try {
    if (document.querySelector("[data-kept]")) sessionStorage.removeItem(key);
    if (!box || !box.form) return;
    if (!box.value) box.value = sessionStorage.getItem(key) || "";
    box.addEventListener("input", function () { sessionStorage.setItem(key, box.value); });
  } catch (e) { /* a browser that keeps nothing still sends */ }
})();

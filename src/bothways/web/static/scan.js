/* Returned letters by camera, where the browser reads codes by itself; a scanner or the keys do without this. */
(function () {
  var form = document.getElementById("scan"), box = form && form.elements.code;
  if (!box) return;
  box.focus();
  box.select();
  var button = document.getElementById("camera"), view = document.getElementById("view"), stream = null;
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  BarcodeDetector.getSupportedFormats().then(function (formats) {
    if (formats.indexOf("qr_code") < 0) return;
    var start = button.textContent, detector = new BarcodeDetector({ formats: ["qr_code"] });
    function stop() {
      if (stream) stream.getTracks().forEach(function (track) { track.stop(); });
      stream = null;
      view.hidden = true;
      button.textContent = start;
      try { sessionStorage.removeItem("camera"); } catch (e) { /* kept nowhere */ }
    }
    function look() {
      if (!stream) return;
      detector.detect(view).then(function (codes) {
        if (codes.length && codes[0].rawValue !== last()) {
          box.value = codes[0].rawValue;
          try { sessionStorage.setItem("last", box.value); } catch (e) { /* the next frame may repeat it */ }
          form.submit();
        } else setTimeout(look, 250);
      }, function () { setTimeout(look, 250); });
    }
    function last() { try { return sessionStorage.getItem("last"); } catch (e) { return null; } }
    function begin() {
      navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (found) {
        stream = found;
        view.srcObject = found;
        view.hidden = false;
        button.textContent = button.dataset.stop;
        try { sessionStorage.setItem("camera", "on"); } catch (e) { /* asked again after each letter */ }
        return view.play().then(look);
      }).catch(stop);
    }
    button.hidden = false;
    button.addEventListener("click", function () { if (stream) stop(); else begin(); });
    /* The page comes anew after each letter: the camera goes on where it was. */
    try { if (sessionStorage.getItem("camera") === "on") begin(); } catch (e) { /* started by hand */ }
  });
})();

/* “/” goes to the search field of a page, where nobody is writing; the page is whole without it. */
(function () {
  var field = document.querySelector("[data-search]");
  if (!field) return;
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    var at = document.activeElement;
    if (at && (at.isContentEditable || /^(input|textarea|select)$/i.test(at.tagName))) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
})();

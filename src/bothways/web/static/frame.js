// Comfort only, the pages are complete without: menus close with Escape or a click beside them; and where
// something could not be sent in place, the page says so.
"use strict";

function closeMenus(except) {
  for (const menu of document.querySelectorAll(".menu[open], .fold[open]")) {
    if (!except || !menu.contains(except)) {
      menu.open = false;
    }
  }
}

document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  const open = document.querySelector(".menu[open], .fold[open]");
  closeMenus(null);
  if (open) {
    open.querySelector("summary").focus();
  }
});

function couldNot(event) {
  const form = event.target.closest("form");
  const told = form && form.querySelector("[data-could-not]");
  if (told) {
    told.hidden = false;
  }
}

document.addEventListener("htmx:sendError", couldNot);
document.addEventListener("htmx:responseError", couldNot);

// The coach beside the words: asks for advice while somebody writes. Without it a button does the same.
"use strict";

{
  const refused = new Set();
  const told = (line) => `${line.dataset.rule} ${line.dataset.words}`;
  // The server counts code points, a text field UTF-16 units.
  const units = (text, points) => [...text].slice(0, points).join("").length;

  const shown = (panel) => {
    panel.querySelectorAll(".coach-line").forEach((line) => {
      line.hidden = refused.has(told(line));
      line.querySelector(".coach-acts").hidden = false;
    });
  };

  const ask = async (panel, box) => {
    const body = new FormData();
    const token = (box.form || document).querySelector("[name=csrfmiddlewaretoken]");
    const tone = box.form && box.form.querySelector("[name=tone]:checked");
    body.set("words", box.value);
    body.set("lang", box.lang || panel.dataset.coachLang || "en");
    body.set("kind", tone ? tone.value : "");
    panel.asked = box.value;
    try {
      const answer = await fetch(panel.dataset.coachAt, {
        method: "POST", body, headers: { "X-CSRFToken": token ? token.value : "", "X-Coach": "1" },
      });
      if (answer.ok && !answer.redirected && panel.asked === box.value) {
        panel.querySelector(".coach-said").innerHTML = await answer.text();
        shown(panel);
      }
    } catch (e) { /* no connection: the words are safe, advice comes later */ }
  };

  const put = (line, box) => {
    const { start, end, words, better, first } = line.dataset;
    let from = first ? 0 : box.value.length;
    let to = from;
    if (start !== "") {
      from = units(box.value, Number(start));
      to = units(box.value, Number(end));
      if (box.value.slice(from, to) !== words) return; // changed meanwhile
    }
    const gap = start !== "" || !box.value.trim() ? ["", ""] : first ? ["", " "] : [" ", ""];
    box.focus();
    box.setSelectionRange(from, to);
    const text = gap[0] + better + gap[1];
    // So that the browser's own “undo” takes it back.
    if (!document.execCommand("insertText", false, text)) box.setRangeText(text, from, to, "end");
    const blank = better.indexOf("[");
    if (blank >= 0) {
      const place = from + gap[0].length + blank;
      box.setSelectionRange(place, from + gap[0].length + better.indexOf("]", blank) + 1);
    }
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.querySelectorAll("[data-coach]").forEach((panel) => {
    const box = document.getElementById(panel.dataset.coach);
    if (!box) return;
    let wait;
    box.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(() => ask(panel, box), 900);
    });
    panel.addEventListener("click", (event) => {
      const line = event.target.closest(".coach-line");
      if (event.target.closest(".coach-look")) {
        event.preventDefault();
        ask(panel, box);
      } else if (line && event.target.closest("[data-coach-put]")) {
        put(line, box);
      } else if (line && event.target.closest("[data-coach-not]")) {
        refused.add(told(line));
        const next = line.nextElementSibling;
        line.hidden = true;
        ((next && next.querySelector("button")) || panel.querySelector(".coach-look")).focus();
      }
    });
    shown(panel);
    if (box.value.trim() && !panel.querySelector(".coach-line")) ask(panel, box);
  });
}

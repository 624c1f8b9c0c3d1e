// Runs once when the transcript is drawn; gradio hands in `element`, `trigger` and `watch`.
const unfolded = new Set();
element.setAttribute("role", "log");  // a screen reader reads out what is added
element.addEventListener("click", (event) => {
  const chip = event.target.closest("button[data-marker]");
  if (chip) {
    trigger("select", { exchange: Number(chip.dataset.exchange), marker: Number(chip.dataset.marker) });
  }
  const example = event.target.closest("button[data-example]");
  if (example) {
    trigger("submit", { question: example.textContent });
  }
  const fold = event.target.closest("summary")?.parentElement;
  if (fold) {
    const number = [...element.querySelectorAll("details")].indexOf(fold);
    fold.open ? unfolded.delete(number) : unfolded.add(number);
  }
});

// A new question, and then its answer, is brought to the top of the window; nothing else moves the reader.
let seen = "";
watch("value", () => {
  // Drawing anew folds all <details>; those that the reader unfolded open again before anything is painted.
  const folds = element.querySelectorAll("details");
  if (!folds.length) unfolded.clear();
  folds.forEach((fold, number) => { fold.open = unfolded.has(number); });

  const exchanges = element.querySelectorAll(".exchange");
  const last = exchanges[exchanges.length - 1];
  const now = exchanges.length + (last && last.classList.contains("pending") ? " pending" : "");
  if (last && now !== seen) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    last.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
  seen = now;
});

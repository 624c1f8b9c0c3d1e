// Runs once when the side panel is drawn; gradio hands in `element`, `trigger` and `watch`.
let turned = null;  // the label of the button that turned the page
const findChip = () => (element.closest(".tabitem") || document).querySelector(".chip[aria-current]");
const close = () => {
  findChip()?.focus();
  trigger("clear");
};
element.addEventListener("click", (event) => {
  if (event.target.closest("button.close")) close();
  const turn = event.target.closest("button[data-page]");
  if (turn) {
    turned = turn.title;
    trigger("select", { page: Number(turn.dataset.page) });
  }
});
element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector(".passage")) close();
});

// A passage that was opened is scrolled to its mark, a third from the top, and takes the keyboard's focus; after a page
// was turned the button keeps it. In a narrow window it covers the lower part of the page: there the chip is brought
// above it.
watch("value", () => {
  const text = element.querySelector(".passage-text");
  if (!text) return;
  const marks = [...text.querySelectorAll("mark, .spot")];
  if (marks.length) {
    const left = Math.min(...marks.map((mark) => mark.offsetLeft));
    const right = Math.max(...marks.map((mark) => mark.offsetLeft + mark.offsetWidth));
    text.scrollTop = Math.min(...marks.map((mark) => mark.offsetTop)) - text.clientHeight / 3;
    text.scrollLeft = Math.min(left, (left + right - text.clientWidth) / 2);
  } else {
    text.scrollLeft = (text.scrollWidth - text.clientWidth) / 2;
  }
  const button = turned && [...element.querySelectorAll("button[data-page]:enabled")].find((b) => b.title === turned);
  (button || text).focus({ preventScroll: true });
  turned = null;
  findChip()?.scrollIntoView({ block: "nearest" });
});

// Runs once when the side panel is drawn; gradio hands in `element`, `trigger` and `watch`.
const close = () => {
  document.querySelector(".chip[aria-current]")?.focus();
  trigger("clear");
};
element.addEventListener("click", (event) => {
  if (event.target.closest("button.close")) close();
});
element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector(".passage")) close();
});

// A passage that was opened is scrolled to its mark, a third from the top, and takes the keyboard's focus. In a narrow
// window it covers the lower part of the page: there the chip is brought above it.
watch("value", () => {
  const mark = element.querySelector("mark");
  if (!mark) return;
  const text = mark.closest(".passage-text");
  text.scrollTop = mark.offsetTop - text.clientHeight / 3;
  text.focus({ preventScroll: true });
  document.querySelector(".chip[aria-current]")?.scrollIntoView({ block: "nearest" });
});

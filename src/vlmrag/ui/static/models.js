// Runs once when the choice of a model is drawn; gradio hands in `element`, `trigger` and `watch`. Opening it asks which
// models there are; it closes like any menu: by Escape, a click on a choice or beside it, or when the focus goes on.
const fold = () => element.querySelector("details");
let open = false;
const close = (refocus) => {
  fold().open = open = false;
  if (refocus) fold().querySelector("summary").focus();
};
element.addEventListener("toggle", () => {
  if (fold().open && !open) trigger("expand");
  open = fold().open;
}, true);
let wanted = null;  // what was chosen here and is not drawn yet: who walks with the arrows is ahead of what is drawn
element.addEventListener("change", (event) => {
  wanted = event.target.value;
  trigger("apply", { model: wanted });
});
element.addEventListener("click", (event) => {
  if (event.target.closest("button[data-look]")) trigger("expand");
  if (event.target.name === "model" && event.detail) close(true);  // by a pointer: the arrows of the keyboard go on
});
element.addEventListener("keydown", (event) => {
  if (!open || !(event.key === "Escape" || (event.key === "Enter" && event.target.name === "model"))) return;
  event.preventDefault();
  close(true);
});
document.addEventListener("pointerdown", (event) => {
  if (open && !element.contains(event.target)) close(false);
});
element.addEventListener("focusout", (event) => {
  if (open && event.relatedTarget && !element.contains(event.relatedTarget)) close(false);
});

// Drawing anew folds it and drops the focus: both are given back.
let focused = false;
document.addEventListener("focusin", (event) => { focused = element.contains(event.target); });
watch("value", () => {
  fold().open = open;
  const inputs = [...element.querySelectorAll("input")];
  const drawn = inputs.find((input) => input.defaultChecked);
  const ahead = inputs.find((input) => input.value === wanted);
  if (ahead === drawn || !ahead) wanted = null;
  (ahead || drawn).checked = true;
  if (!focused || element.contains(document.activeElement)) return;
  (open && element.querySelector("input:checked") || fold().querySelector("summary")).focus({ preventScroll: true });
});

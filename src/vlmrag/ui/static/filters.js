// Runs once when the filters are drawn; gradio hands in `element`, `trigger` and `watch`. It sends "change" by itself when
// it draws anew, so what the reader sets goes by another name.
const fields = () => [...element.querySelectorAll("[name]")];
const tell = () => trigger("apply", Object.fromEntries(fields().map((field) => [field.name, field.value])));
element.addEventListener("change", tell);
element.addEventListener("click", (event) => {
  if (event.target.closest("button[data-clear]")) {
    fields().forEach((field) => { field.value = ""; });
    element.querySelector("summary").focus();  // the button goes away
    tell();
  }
});

// Drawing anew folds the filters and sets what is shown to what is held.
let open = false;
element.addEventListener("toggle", (event) => { open = event.target.open; }, true);
const hold = () => {
  fields().forEach((field) => { field.value = field.dataset.value; });
  element.querySelector("details").open = open;
};
watch("value", hold);
hold();

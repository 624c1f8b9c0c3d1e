// Runs once: on a paper's page one goes back to the table, or on to a question about it.
element.addEventListener("click", (event) => {
  if (event.target.closest("button[data-back]")) trigger("clear");
  const ask = event.target.closest("button[data-ask]");
  if (ask) trigger("like", { paper: ask.dataset.ask });
});
element.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector(".paper")) trigger("clear");
});

// A page that was opened takes the focus and begins at its top; closed, the focus goes back to the paper's row.
let last = null;
watch("value", () => {
  const page = element.querySelector(".paper");
  if (page) {
    last = page.dataset.id;
    page.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  } else if (last) {
    const row = [...document.querySelectorAll("#papers button[data-paper]")].find((b) => b.dataset.paper === last);
    last = null;
    row?.focus();
  }
});

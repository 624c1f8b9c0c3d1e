// Runs once: the comparison is saved as a file by the browser itself; the server writes none.
element.addEventListener("click", (event) => {
  const save = event.target.closest("button[data-save]");
  if (!save) return;
  const text = element.querySelector(`pre[data-name="${save.dataset.save}"]`).textContent;
  const kind = save.dataset.save.endsWith(".csv") ? "text/csv" : "text/markdown";
  const link = document.createElement("a");
  // with the mark of UTF-8 in front spreadsheets read Chinese right
  const mark = kind === "text/csv" ? "\ufeff" : "";
  link.href = URL.createObjectURL(new Blob([mark, text], { type: `${kind};charset=utf-8` }));
  link.download = save.dataset.save;
  link.click();
  URL.revokeObjectURL(link.href);
});

// Runs once when the transcript is drawn; gradio hands in `element`, `trigger` and `watch`.
const unfolded = new Set();
const sorted = new Map();  // number of a table -> [column, direction]
let clicked = null;  // what the chip does that was clicked last
element.setAttribute("role", "log");  // a screen reader reads out what is added
element.addEventListener("click", (event) => {
  const chip = event.target.closest("button[data-marker]");
  if (chip) {
    clicked = sign(chip);
    markClicked();
    trigger("select", { exchange: Number(chip.dataset.exchange), marker: Number(chip.dataset.marker) });
  }
  const example = event.target.closest("button[data-example]");
  if (example) {
    trigger("submit", { question: example.textContent });
  }
  const paper = event.target.closest("button[data-paper]");
  if (paper) trigger("option_select", { paper: paper.dataset.paper });
  if (event.target.closest("button[data-again]")) trigger("retry");
  const copy = event.target.closest("button[data-copy]");
  if (copy) copyText(copy.dataset.copy).then(() => tell(copy));
  const head = event.target.closest("button[data-sort]");
  if (head) {
    const tables = [...element.querySelectorAll("table.verdicts")];
    const table = head.closest("table");
    const column = Number(head.dataset.sort);
    const [before, direction] = sorted.get(tables.indexOf(table)) || [];
    if (before !== column) sorted.set(tables.indexOf(table), [column, 1]);
    else if (direction === 1) sorted.set(tables.indexOf(table), [column, -1]);
    else sorted.delete(tables.indexOf(table));
    sortTable(table, sorted.get(tables.indexOf(table)));
  }
  const fold = event.target.closest("summary")?.parentElement;
  if (fold) {
    const number = [...element.querySelectorAll("details")].indexOf(fold);
    fold.open ? unfolded.delete(number) : unfolded.add(number);
  }
});

// Drawing anew and sorting again moves rows, and what is moved loses the keyboard's focus: it is given back.
let held = null;  // which button has the focus: what it does, and the how manieth that does so
const sign = (button) => JSON.stringify({ ...button.dataset });
const alike = (name) => [...element.querySelectorAll("button")].filter((button) => sign(button) === name);
document.addEventListener("focusin", ({ target }) => {
  const ours = target.localName === "button" && element.contains(target);
  held = ours ? [sign(target), alike(sign(target)).indexOf(target)] : null;
});
function giveBack([name, number]) {
  const active = document.activeElement;
  if (active === document.body || element.contains(active)) alike(name)[number]?.focus({ preventScroll: true });
}

// Sorts the rows of a table by a column: first up, then down, then back to the order in which they came.
function sortTable(table, [column, direction] = []) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.forEach((row, place) => { row.dataset.place ??= place; });
  const key = (row) => row.cells[column].dataset.rank ?? row.cells[column].innerText.trim();
  const compare = (a, b) => {
    const x = key(a), y = key(b);
    if (!x || !y) return !x - !y;  // what is not known stands last, whichever way
    return direction * x.localeCompare(y, document.documentElement.lang || undefined, { numeric: true });
  };
  rows.sort((a, b) => (column === undefined ? 0 : compare(a, b)) || a.dataset.place - b.dataset.place);
  body.append(...rows);
  table.querySelectorAll("thead th").forEach((head, at) => {
    if (at === column) head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  });
}

// What is drawn while an answer comes does not know of a chip that was clicked meanwhile: its mark is kept here.
function markClicked() {
  element.querySelectorAll(".chip[aria-current]").forEach((chip) => chip.removeAttribute("aria-current"));
  alike(clicked).forEach((chip) => chip.setAttribute("aria-current", "true"));
}

async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");  // a server in the lab without a certificate
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function tell(button) {
  const name = button.textContent;
  if (name === button.dataset.done) return;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = name; }, 2000);
}

// A new question, and then its answer, is brought to the top of the window; nothing else moves the reader, not even a
// model that words it.
let seen = "";
let came = false;
watch("value", () => {
  const before = held;
  // Drawing anew folds all <details>; those that the reader unfolded open again before anything is painted.
  const folds = element.querySelectorAll("details");
  if (!folds.length) unfolded.clear();
  folds.forEach((fold, number) => { fold.open = unfolded.has(number); });
  // It also puts the rows back into the order in which they came.
  const tables = element.querySelectorAll("table.verdicts");
  if (!tables.length) sorted.clear();
  tables.forEach((table, number) => {
    table.querySelectorAll("[data-place]").forEach((row) => { delete row.dataset.place; });
    if (sorted.has(number)) sortTable(table, sorted.get(number));
  });
  if (before && sorted.size) giveBack(before);

  const exchanges = element.querySelectorAll(".exchange");
  const last = exchanges[exchanges.length - 1];
  const comes = Boolean(last) && last.classList.contains("pending");
  if (clicked && (comes || came) && document.querySelector("#passage .passage")) markClicked();
  came = comes;
  const waits = comes && !last.classList.contains("writing");
  const now = exchanges.length + (waits ? " pending" : "");
  if (last && now !== seen) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    last.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
  seen = now;
});

// Runs once: the table of papers is searched and sorted here, without asking the server. The search survives a redraw.
let sought = "";
let order = null;  // column and direction of the last sorting

const fold = (text, table) => {
  const plain = text.normalize("NFKC").toLowerCase();
  const variants = [...(table.dataset.variants || "")];
  const simple = new Map();
  for (let i = 0; i + 1 < variants.length; i += 2) simple.set(variants[i], variants[i + 1]);
  return [...plain].map((char) => simple.get(char) || char).join("");
};

const sift = () => {
  const table = element.querySelector("table");
  if (!table) return;
  const words = fold(sought, table).split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    row.hidden = !words.every((word) => row.dataset.key.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  const count = element.querySelector(".count");
  const papers = table.tBodies[0].rows.length;
  count.textContent = count.dataset.template.replace("{shown}", shown).replace("{papers}", papers);
  element.querySelector(".none").hidden = shown > 0;
};

const sort = () => {
  const table = element.querySelector("table");
  if (!table || !order) return;
  const { column, down } = order;
  const collator = new Intl.Collator(document.documentElement.lang || "en", { numeric: true, sensitivity: "base" });
  const rows = [...table.tBodies[0].rows];
  const text = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
  rows.sort((a, b) => {
    const [x, y] = [text.get(a), text.get(b)];
    if (!x || !y) return x ? -1 : y ? 1 : 0;  // what is not stated comes last either way
    return (down ? -1 : 1) * collator.compare(x, y);
  });
  table.tBodies[0].append(...rows);
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    head.setAttribute("aria-sort", i !== column ? "none" : down ? "descending" : "ascending");
  });
};

element.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  sought = event.target.value;
  sift();
});
element.addEventListener("click", (event) => {
  const head = event.target.closest("button[data-sort]")?.parentElement;
  if (!head) return;
  const column = head.cellIndex;
  order = { column, down: order?.column === column ? !order.down : head.classList.contains("year") };
  sort();
});
watch("value", () => {
  const box = element.querySelector("input[type=search]");
  if (box) box.value = sought;
  sort();
  sift();
});

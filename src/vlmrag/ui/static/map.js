// Runs once: on the map and the line of years one points, filters and walks with the arrows; the server only opens.
const chart = () => element.querySelector(".chart");
const points = () => [...element.querySelectorAll(".plane .point")];
let zoom = 1;

// Names are written beside as many points as there is room for; where two would touch, the later one stays out.
const nameSome = () => {
  const plane = element.querySelector(".plane");
  if (!plane || !plane.clientWidth) return;
  plane.querySelectorAll(".label").forEach((label) => label.remove());
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `11px ${getComputedStyle(plane).fontFamily}`;
  const taken = [];
  const free = (box) => taken.every((t) => box.r < t.l || t.r < box.l || box.b < t.t || t.b < box.t);
  const shown = points().filter((p) => !p.classList.contains("dim"));
  const spots = shown.map((p) => [p, p.offsetLeft + p.offsetWidth / 2, p.offsetTop + p.offsetHeight / 2]);
  for (const [, x, y] of spots) taken.push({ l: x - 5, r: x + 5, t: y - 5, b: y + 5 });
  const labels = document.createDocumentFragment();
  for (const [point, x, y] of spots) {
    const name = point.dataset.name.length > 22 ? `${point.dataset.name.slice(0, 21)}…` : point.dataset.name;
    const wide = ruler.measureText(name).width + 4;
    const left = x + 9 + wide > plane.clientWidth;
    const box = left ? { l: x - 9 - wide, r: x - 7 } : { l: x + 7, r: x + 9 + wide };
    if (!free({ ...box, t: y - 7, b: y + 7 }) || box.l < 0) continue;
    taken.push({ ...box, t: y - 7, b: y + 7 });
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = name;
    label.style.cssText = `left:${box.l + 2}px;top:${y}px`;
    labels.append(label);
  }
  plane.append(labels);
};

const tell = (point) => {
  const tip = element.querySelector(".tip");
  if (!tip) return;
  tip.hidden = !point;
  if (!point) return;
  const chart = element.querySelector(".chart").getBoundingClientRect();
  const at = point.getBoundingClientRect();
  tip.textContent = point.getAttribute("aria-label");
  const middle = at.left + at.width / 2 - chart.left;
  const half = tip.offsetWidth / 2;
  tip.style.left = `${Math.min(Math.max(middle - half, 0), chart.width - tip.offsetWidth)}px`;
  tip.style.top = `${at.top - chart.top - tip.offsetHeight - 8}px`;
};

const fold = (text) => {
  const variants = [...(chart().dataset.variants || "")];
  const simple = new Map();
  for (let i = 0; i + 1 < variants.length; i += 2) simple.set(variants[i], variants[i + 1]);
  return [...text.normalize("NFKC").toLowerCase()].map((char) => simple.get(char) || char).join("");
};

// A point stays bright if it has the chosen colour of the legend and all the words that are sought.
const dim = () => {
  const only = element.querySelector(".legend [aria-pressed=true]")?.dataset.only;
  const words = fold(element.querySelector(".tools input").value).split(/\s+/).filter(Boolean);
  const faint = new Set();
  for (const point of points()) {
    const bright = (!only || point.classList.contains(only)) && words.every((w) => point.dataset.key.includes(w));
    point.classList.toggle("dim", !bright);
    if (!bright) faint.add(point.dataset.paper);
  }
  element.querySelectorAll(".mark").forEach((mark) => mark.classList.toggle("dim", faint.has(mark.dataset.paper)));
  nameSome();
};

// One point of the map and one of the years is reached by Tab; the arrows go on from there to the nearest that way.
const hold = (button) => {
  const kind = button.classList.contains("point") ? ".point" : ".mark";
  element.querySelectorAll(`${kind}[tabindex="0"]`).forEach((other) => (other.tabIndex = -1));
  button.tabIndex = 0;
};
const walk = (button, dx, dy) => {
  const kind = button.classList.contains("point") ? ".point" : ".mark";
  const from = button.getBoundingClientRect();
  let best = null;
  let least = Infinity;
  for (const other of element.querySelectorAll(`${kind}:not(.dim)`)) {
    const to = other.getBoundingClientRect();
    const ahead = (to.left - from.left) * dx + (to.top - from.top) * dy;
    const aside = Math.abs((to.left - from.left) * dy) + Math.abs((to.top - from.top) * dx);
    if (other === button || ahead <= 0.5) continue;
    if (ahead + 2 * aside < least) [best, least] = [other, ahead + 2 * aside];
  }
  if (best) {
    hold(best);
    best.focus();
  }
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const enlarge = (step) => {
  const frame = element.querySelector(".plane-frame");
  const middle = [
    (frame.scrollLeft + frame.clientWidth / 2) / frame.scrollWidth,
    (frame.scrollTop + frame.clientHeight / 2) / frame.scrollHeight,
  ];
  zoom = Math.min(8, Math.max(1, zoom * 2 ** step));
  frame.style.setProperty("--zoom", zoom);
  frame.scrollLeft = middle[0] * frame.scrollWidth - frame.clientWidth / 2;
  frame.scrollTop = middle[1] * frame.scrollHeight - frame.clientHeight / 2;
  nameSome();
};

element.addEventListener("keydown", (event) => {
  const button = event.target.closest(".point, .mark");
  if (button && ARROWS[event.key]) {
    event.preventDefault();
    walk(button, ...ARROWS[event.key]);
  }
});
element.addEventListener("focusin", (event) => tell(event.target.closest(".point, .mark")));
element.addEventListener("focusout", () => tell(null));
element.addEventListener("pointerover", (event) => {
  const button = event.target.closest(".point, .mark");
  if (button) tell(button);
});
element.addEventListener("pointerout", (event) => {
  if (event.target.closest(".point, .mark")) tell(null);
});
element.addEventListener("input", dim);
element.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choose]");
  if (choice) {
    chart().dataset.hue = choice.dataset.choose;
    element.querySelectorAll("[data-choose]").forEach((b) => b.setAttribute("aria-pressed", String(b === choice)));
    element.querySelectorAll("[data-only]").forEach((b) => b.setAttribute("aria-pressed", "false"));
    dim();
  }
  const only = event.target.closest("[data-only]");
  if (only) {
    const on = only.getAttribute("aria-pressed") !== "true";
    element.querySelectorAll("[data-only]").forEach((b) => b.setAttribute("aria-pressed", String(on && b === only)));
    dim();
  }
  const step = event.target.closest("[data-zoom]");
  if (step) enlarge(Number(step.dataset.zoom));
});

const ready = () => {
  if (!chart()) return;
  for (const kind of [".point", ".mark"]) {
    const first = element.querySelector(kind);
    if (first) first.tabIndex = 0;
  }
  zoom = 1;
  nameSome();
};
new ResizeObserver(nameSome).observe(element);
watch("value", ready);
ready();

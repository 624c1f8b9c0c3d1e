// Runs once for each piece of a tab's HTML, before the piece's own script: a chip that is clicked opens its passage,
// and is marked until another is. What names a paper opens its page.
element.addEventListener("click", (event) => {
  const chip = event.target.closest("button[data-marker]");
  if (chip) {
    const room = element.closest(".bench") || document;
    room.querySelectorAll(".chip[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    chip.setAttribute("aria-current", "true");
    trigger("select", { exchange: 0, marker: Number(chip.dataset.marker) });
  }
  const paper = event.target.closest("button[data-paper]");
  if (paper) trigger("submit", { paper: paper.dataset.paper });
  const copy = event.target.closest("button[data-copy]");
  if (copy) copyText(element.querySelector(copy.dataset.copy).textContent, copy);
});

// The clipboard is shut for pages that come over plain http from another machine: there the old way still works.
const copyText = async (text, button) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
    button.focus();
  }
  button.textContent = button.dataset.done;
};

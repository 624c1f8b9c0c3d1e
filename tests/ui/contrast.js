// Returns the texts on the page whose contrast with their ground is below AA (4.5 to 1).
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = read(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll("gradio-app *")) {
    const speaks = [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!speaks || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || e.closest(".sr-only")) continue;
    const a = luminance(read(getComputedStyle(e).color));
    const b = luminance(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${e.className}: ${e.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}

"""What a page's own layout says about thumbs and the sun, as scripts for the browser."""

UNFOLD = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
}"""
# A link inside of a sentence is no target of its own; a tile's label is that of its input.
SMALL = """() => [...document.querySelectorAll(
  "a, button, select, summary, textarea, input, label.tile, label.tick")]
  .filter((one) => one.type !== "hidden" && !one.closest("label.tile input, label.tick input"))
  .filter((one) => !["radio", "checkbox"].includes(one.type) && !one.matches(".skip"))
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.matches("p a, dd a, small a")
    && getComputedStyle(one).display === "inline"))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 110)])
  .filter(([box]) => box.height < 55.5 || box.width < 43.5)
  .map(([box, html]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${html}`)"""
# Contrast as WCAG counts it, of every text that is seen, against the nearest painted ground.
PALE = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (colour) => colour.slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const wrong = new Set();
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const one = words.currentNode.parentElement;
    const left = "script, style, .skip, .hidden, .leaflet-container, svg";
    if (!words.currentNode.data.trim() || !one.checkVisibility() || one.closest(left)) continue;
    const [front, back] = [light(parse(getComputedStyle(one).color)), light(ground(one))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 7) wrong.add(`${ratio.toFixed(1)} to 1: ${one.outerHTML.slice(0, 110)}`);
  }
  return [...wrong];
}"""

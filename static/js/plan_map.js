// Puts the plan on map tiles; the drawn schematic stays where no tile can be loaded.
const { L } = window;

const showAll = () => document.querySelectorAll("[data-plan-map]").forEach(show);
showAll();
document.addEventListener("board-map", showAll);

function show(box) {
  const drawing = JSON.parse(box.dataset.drawing);
  const schematic = document.querySelector("[data-schematic]");
  box.hidden = false;
  if (schematic) schematic.hidden = true;
  const map = L.map(box, { scrollWheelZoom: false });
  L.control.scale({ imperial: false }).addTo(map);
  let loaded = 0;
  const tiles = L.tileLayer(box.dataset.tiles, { attribution: text(box.dataset.credit), maxZoom: 18 });
  tiles.on("tileload", () => (loaded += 1));
  tiles.on("tileerror", () => {
    if (loaded || !schematic) return;
    box.hidden = true;
    schematic.hidden = false;
  });
  const places = [drawing.hub.at];
  for (const run of drawing.runs) {
    const way = [drawing.hub.at, ...run.stops.map((stop) => stop.at), drawing.hub.at];
    L.polyline(way, { color: run.colour, weight: 4, dashArray: run.dash || null }).bindTooltip(text(run.name)).addTo(map);
    for (const stop of run.stops) places.push(mark(map, stop.at, run.colour, stop.number, stop.name));
  }
  // A village across the sea would shrink all the others to one spot.
  const leftOut = drawing.leftOut.map((village) => mark(map, village.at, "#8c1d10", "!", village.name));
  if (!drawing.runs.length) places.push(...leftOut);
  mark(map, drawing.hub.at, "#2b2118", "", drawing.hub.name);
  map.fitBounds(places, { padding: [30, 30], maxZoom: 14 });
  tiles.addTo(map);
}

function mark(map, at, colour, number, name) {
  const sign = document.createElement("span");
  sign.className = "number-mark";
  sign.style.background = colour;
  sign.textContent = number;
  L.marker(at, { icon: L.divIcon({ html: sign, className: "", iconSize: [24, 24] }), title: name }).bindTooltip(text(name)).addTo(map);
  return at;
}

// Leaflet takes its texts as HTML, and a village's name is only text.
function text(words) {
  const holder = document.createElement("span");
  holder.textContent = words;
  return holder.innerHTML;
}

// Sets a place's latitude and longitude by tapping a map or drawing, or from the device.
for (const form of document.querySelectorAll("[data-pin]")) attach(form);

function attach(form) {
  const lat = form.querySelector("[name=lat]");
  const lon = form.querySelector("[name=lon]");
  const drawing = form.querySelector("[data-pin-drawing]");
  const box = form.querySelector("[data-pin-map]");
  const movers = [];
  const set = (at) => {
    lat.value = at[0].toFixed(6);
    lon.value = at[1].toFixed(6);
    for (const move of movers) move(at);
  };
  if (drawing) movers.push(onDrawing(drawing, set));
  if (box && window.L) movers.push(onMap(box, form.querySelector("[data-schematic]"), set));
  const here = form.querySelector("[data-here]");
  if (here && navigator.geolocation && window.isSecureContext) {
    here.hidden = false;
    here.addEventListener("click", () =>
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => set([coords.latitude, coords.longitude]),
        () => (here.disabled = true),
        { enableHighAccuracy: true, timeout: 20000 },
      ),
    );
  }
}

function onDrawing(drawing, set) {
  const { west, north, lonPerPx, latPerPx } = drawing.dataset;
  const mark = drawing.querySelector("[data-pin-mark]");
  drawing.addEventListener("click", (event) => {
    const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    set([Number(north) - spot.y * Number(latPerPx), Number(west) + spot.x * Number(lonPerPx)]);
  });
  return ([lat, lon]) =>
    mark.setAttribute("transform", `translate(${(lon - Number(west)) / Number(lonPerPx)} ${(Number(north) - lat) / Number(latPerPx)})`);
}

function onMap(box, schematic, set) {
  const { L } = window;
  const { here, neighbours } = JSON.parse(box.dataset.drawing);
  box.hidden = false;
  if (schematic) schematic.hidden = true;
  const map = L.map(box, { scrollWheelZoom: false });
  L.control.scale({ imperial: false }).addTo(map);
  const tiles = L.tileLayer(box.dataset.tiles, { attribution: text(box.dataset.credit), maxZoom: 18 });
  let loaded = 0;
  tiles.on("tileload", () => (loaded += 1));
  tiles.on("tileerror", () => {
    if (loaded || !schematic) return;
    box.hidden = true;
    schematic.hidden = false;
  });
  for (const one of neighbours) L.circleMarker(one.at, { radius: 7, color: "#2b2118", weight: 2, fillColor: one.kind === "hub" ? "#f2c14e" : "#fff", fillOpacity: 1 }).bindTooltip(text(one.name)).addTo(map);
  const places = [...neighbours.map((one) => one.at), ...(here ? [here] : [])];
  if (here) map.setView(here, 15);
  else if (places.length) map.fitBounds(places, { padding: [30, 30], maxZoom: 12 });
  else map.setView([0, 0], 2);
  let pin = here ? pinned(map, here, set) : null;
  map.on("click", ({ latlng }) => set([latlng.lat, latlng.lng]));
  tiles.addTo(map);
  return (at) => {
    if (pin) pin.setLatLng(at);
    else pin = pinned(map, at, set);
  };
}

function pinned(map, at, set) {
  const { L } = window;
  const sign = document.createElement("span");
  sign.className = "number-mark";
  sign.style.background = "#b3400f";
  const pin = L.marker(at, { draggable: true, icon: L.divIcon({ html: sign, className: "", iconSize: [24, 24] }) }).addTo(map);
  pin.on("dragend", () => set([pin.getLatLng().lat, pin.getLatLng().lng]));
  return pin;
}

// Leaflet takes its texts as HTML, and a village's name is only text.
function text(words) {
  const holder = document.createElement("span");
  holder.textContent = words;
  return holder.innerHTML;
}

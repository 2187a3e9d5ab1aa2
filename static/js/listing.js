// The listing form's own behaviour: units of the crop, the price guide, the sum, the draft.
const form = document.querySelector("[data-listing]");
const data = JSON.parse(document.querySelector("#listing-data").textContent);
const field = (name) => form.elements[name];
const draftName = "draft:" + data.person + ":" + data.farmer;
const money = (minor) => data.sign + (minor / 10 ** data.places).toFixed(data.places);
const number = (text) => Number(String(text).replace(",", ".")) || 0;

function setUnits() {
  const crop = data.crops[field("crop").value];
  if (!crop) return;
  for (const radio of form.querySelectorAll("[name=unit]")) {
    const grams = crop.u[radio.value];
    radio.closest("label").hidden = !grams;
    const small = radio.closest("label").querySelector("small");
    small.textContent = grams && !["kg", "g", "jin"].includes(radio.value) ? grams / 1000 + " " + data.units.kg : "";
  }
  if (!crop.u[field("unit").value]) field("unit").value = Object.keys(crop.u)[0];
  for (const option of field("price_unit").options) option.hidden = !(crop.u[option.value] || option.value === "kg");
  if (!crop.u[field("price_unit").value]) field("price_unit").value = "kg";
}

function showSum() {
  const crop = data.crops[field("crop").value];
  if (!crop) return;
  const gramsOf = (code) => crop.u[code] || 1000;
  const perKg = Math.round((number(field("price").value) * 10 ** data.places * 1000) / gramsOf(field("price_unit").value));
  const total = Math.round((perKg * number(field("quantity").value) * gramsOf(field("unit").value)) / 1000);
  const output = form.querySelector("[data-net]");
  const [words, each] = output.dataset.words.split("|");
  output.innerHTML = "";
  if (perKg && total) {
    const strong = document.createElement("strong");
    strong.textContent = words.replace("{total}", money(total));
    output.append(strong, each.replace("{price}", money(perKg)));
  }
  const guide = crop.g[field("grade").value];
  const hint = form.querySelector("[data-guide]");
  hint.dataset.plain ??= hint.textContent;
  hint.textContent = guide ? hint.dataset.guide.replace("{price}", money(guide[0])).replace("{village}", guide[1]) : hint.dataset.plain;
}

const typed = () => Object.fromEntries([...new FormData(form)].filter(([name]) => !["csrf_token", "key"].includes(name)));
const fill = (values) => Object.entries(values).forEach(([name, value]) => field(name) && (field(name).type === "checkbox" ? (field(name).checked = Boolean(value)) : (field(name).value = value)));
const inDays = (days) => { const on = new Date(); on.setDate(on.getDate() + days); return on.toLocaleDateString("sv"); };

form.addEventListener("input", (event) => {
  if (event.target.name === "crop") setUnits();
  if (event.target.name === "unit" && data.crops[field("crop").value]?.u[event.target.value]) field("price_unit").value = event.target.value;
  showSum();
  localStorage.setItem(draftName, JSON.stringify(typed()));
});

document.querySelector("[data-again]")?.addEventListener("click", (event) => {
  event.preventDefault();
  fill({ ...data.last, ready_from: inDays(0), ready_until: inDays(data.last.days) });
  form.dispatchEvent(new Event("input"));
  setUnits(); showSum();
  form.querySelector(".keep").scrollIntoView({ block: "center" });
});

const draft = localStorage.getItem(draftName);
if (draft && !form.querySelector(".has-error") && !location.search.includes("repeat")) fill(JSON.parse(draft));
// A page that was kept for days must not offer a day that is over.
if (field("ready_from").value < inDays(0) && !form.querySelector(".has-error")) fill({ ready_from: inDays(0) });
if (field("ready_until").value < inDays(0) && !form.querySelector(".has-error")) fill({ ready_until: inDays(3) });
if (form.querySelector("[name=crop]:checked")?.closest("details")) form.querySelector("[name=crop]:checked").closest("details").open = true;
setUnits(); showSum();

// The listing form: units of the crop, price guide and sum, the draft, and saving it here first.
import outbox, { flush, save } from "./outbox.js";
import { scaled } from "./photo.js";
import { getPhoto, getRow, putPhoto, removePhoto, removeRow } from "./store.js";

const form = document.querySelector("[data-listing]");
const data = JSON.parse(document.querySelector("#listing-data").textContent);
const field = (name) => form.elements[name];
const draftName = `draft:${data.person}:${data.farmer}`;
const REPLY_WAIT_MS = 6_000;
const money = (minor) => data.sign + (minor / 10 ** data.places).toFixed(data.places);
const number = (text) => Number(String(text).replace(",", ".")) || 0;
// Each set of units is a list of grams in the order of data.units; 0 where a crop lacks one.
const units = () => {
  const grams = data.sets[data.crops[field("crop").value]];
  return grams && Object.fromEntries(Object.keys(data.units).map((code, place) => [code, grams[place]]).filter(([, one]) => one));
};
const inDays = (days) => { const on = new Date(); on.setDate(on.getDate() + days); return on.toLocaleDateString("sv"); };
// Not every phone offers randomUUID; getRandomValues they all have.
const freshKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const typed = () => Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrf_token" && name !== "key"));

let key = freshKey();
let replaces = "";
let busy = false;

function setUnits() {
  const known = units();
  if (!known) return;
  for (const radio of form.querySelectorAll("[name=unit]")) {
    const grams = known[radio.value];
    radio.closest("label").hidden = !grams;
    radio.nextElementSibling.querySelector("small").textContent = grams && !["kg", "g", "jin"].includes(radio.value) ? `${grams / 1000} ${data.units.kg}` : "";
  }
  if (!known[field("unit").value]) field("unit").value = Object.keys(known)[0];
  for (const option of field("price_unit").options) option.hidden = !known[option.value] && option.value !== "kg";
  if (!known[field("price_unit").value]) field("price_unit").value = "kg";
}

function showSum() {
  const output = form.querySelector("[data-net]");
  const hint = form.querySelector("[data-guide]");
  hint.dataset.plain ??= hint.textContent;
  const known = units();
  if (!known) return void ((hint.textContent = hint.dataset.plain), output.replaceChildren());
  const perKg = Math.round((number(field("price").value) * 10 ** data.places * 1000) / (known[field("price_unit").value] || 1000));
  const total = Math.round((perKg * number(field("quantity").value) * (known[field("unit").value] || 1000)) / 1000);
  const [all, each] = output.dataset.words.split("|");
  const strong = document.createElement("strong");
  strong.textContent = all.replace("{total}", money(total));
  output.replaceChildren(...(perKg && total ? [strong, each.replace("{price}", money(perKg))] : []));
  showGuide(hint);
}

// What was paid lately, and a button that asks as much, so that nobody has to type.
function showGuide(hint) {
  const guide = data.guides[field("crop").value]?.[field("grade").value];
  const [told, ask] = hint.dataset.guide.split("|").map((text) => text.replace("{price}", guide && money(guide[0])).replace("{village}", guide?.[1]));
  hint.textContent = guide ? told : hint.dataset.plain;
  document.querySelector("[data-ask]")?.remove();
  if (!guide) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button secondary guide", textContent: ask });
  button.dataset.ask = "";
  button.addEventListener("click", () => {
    field("price").value = (guide[0] / 10 ** data.places).toFixed(data.places);
    field("price_unit").value = "kg";
    showSum();
    keepDraft();
  });
  hint.after(button);
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const input = field(name);
    if (!input || name === "farmer") continue;
    if (input.type === "checkbox") input.checked = Boolean(value);
    else input.value = value;
  }
  refresh();
}

function refresh() {
  const hidden = form.querySelector("[name=crop]:checked")?.closest("details");
  if (hidden) hidden.open = true;
  setUnits();
  showSum();
}

function keepDraft() {
  try {
    localStorage.setItem(draftName, JSON.stringify({ key, replaces, fields: typed() }));
  } catch {
    // A full or closed storage costs the draft, not the listing.
  }
}

function readDraft() {
  try {
    return JSON.parse(localStorage.getItem(draftName));
  } catch {
    return null;
  }
}

function showErrors(errors) {
  form.querySelectorAll(".error").forEach((old) => old.remove());
  form.querySelectorAll(".has-error").forEach((old) => old.classList.remove("has-error"));
  let first = null;
  for (const [name, message] of Object.entries(errors)) {
    const input = document.getElementById(name);
    const around = input?.closest(".field");
    if (!around) continue;
    const text = Object.assign(document.createElement("p"), { className: "error", id: name + "-error", textContent: message });
    around.classList.add("has-error");
    (around.querySelector("legend, label") ?? input).after(text);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", text.id);
    first ??= input;
  }
  first?.focus();
  first?.closest(".field").scrollIntoView({ block: "center" });
}

function summary() {
  const crop = form.querySelector("[name=crop]:checked")?.nextElementSibling.textContent.trim() ?? "";
  return `${crop} · ${field("quantity").value} ${data.units[field("unit").value] ?? ""}`;
}

// Saved here, strictly, before anything is sent; then the reply is awaited for a moment.
async function offer() {
  const photo = Boolean(await getPhoto(key));
  await save({ key, owner: data.person, fields: typed(), summary: summary(), photo });
  // The draft's key belongs to that row now; the next listing must not write over it.
  localStorage.removeItem(draftName);
  if (replaces) await removeRow(replaces);
  replaces = "";
  form.dataset.saved = key;
  const sent = key;
  flush(data.person, { now: true }).catch(() => {});
  await settled(sent, navigator.onLine ? REPLY_WAIT_MS : 600);
  const row = await getRow(sent);
  if (row?.state === "refused") {
    // The person still stands before the form: what is wrong is shown at its field. The
    // refused row stays in the list until another one takes its place.
    replaces = sent;
    key = freshKey();
    const old = await getPhoto(sent);
    if (old) await putPhoto(key, new Blob([old.data], { type: old.type })), await removePhoto(sent);
    keepDraft();
    return Object.keys(row.errors).length ? showErrors(row.errors) : alert(row.message);
  }
  if (row?.state === "sent") return void location.assign(row.address);
  key = freshKey();
  form.reset();
  form.querySelector("[data-preview]")?.remove();
  refresh();
  document.querySelector("[data-outbox]").scrollIntoView({ block: "center" });
}

// Waits until a row is sent or refused, but no longer than this.
function settled(sent, wait) {
  return new Promise((resolve) => {
    const done = () => (outbox.removeEventListener("change", look), resolve());
    const look = async () => (await getRow(sent))?.state !== "saved" && done();
    outbox.addEventListener("change", look);
    setTimeout(done, wait);
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  offer()
    // Without a working database on the phone the plain form still goes to the server.
    .catch(() => { field("key").value = key; form.submit(); })
    .finally(() => { busy = false; setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = false)), 50); });
});

form.addEventListener("input", (event) => {
  if (event.target.name === "crop") setUnits();
  if (event.target.name === "unit" && units()?.[event.target.value]) field("price_unit").value = event.target.value;
  showSum();
  keepDraft();
});

document.querySelector("[data-again]")?.addEventListener("click", (event) => {
  event.preventDefault();
  fill({ ...data.last, ready_from: inDays(0), ready_until: inDays(data.last.days) });
  keepDraft();
  form.querySelector(".keep").scrollIntoView({ block: "center" });
});

const camera = form.querySelector("[data-photo]");
camera.hidden = false;
// A cheap phone may drop this page while its camera is open: the draft is kept before.
camera.addEventListener("click", keepDraft);
camera.querySelector("input").addEventListener("change", async (event) => {
  if (event.target.files[0]) await showPhoto(await scaled(event.target.files[0]), true);
});

async function showPhoto(blob, isNew) {
  if (isNew && !(await putPhoto(key, blob))) return;
  form.querySelector("[data-preview]")?.remove();
  const picture = Object.assign(new Image(96, 96), { src: URL.createObjectURL(blob), alt: "" });
  picture.dataset.preview = "";
  camera.append(picture);
}

async function begin() {
  const edited = location.hash.startsWith("#edit=") && (await getRow(location.hash.slice(6)).catch(() => null));
  const draft = readDraft();
  const isFresh = !form.querySelector(".has-error") && !location.search.includes("repeat");
  if (edited && edited.owner === data.person) {
    fill(edited.fields);
    showErrors(edited.errors ?? {});
    replaces = edited.key;
    keepDraft();
  } else if (draft && isFresh && !(await getRow(draft.key).catch(() => null))) {
    key = draft.key;
    replaces = draft.replaces ?? "";
    fill(draft.fields);
    const photo = await getPhoto(key).catch(() => null);
    if (photo) await showPhoto(new Blob([photo.data], { type: photo.type }), false);
  }
  // A page that was kept for days must not offer a day that is over.
  if (isFresh && field("ready_from").value < inDays(0)) fill({ ready_from: inDays(0) });
  if (isFresh && field("ready_until").value < inDays(0)) fill({ ready_until: inDays(3) });
  refresh();
  form.dataset.ready = "";
  performance.mark("ready");
}
begin();

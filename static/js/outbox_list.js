// Shows what is saved, sent or refused on this phone, for the person who is signed in.
import outbox, { flush } from "./outbox.js";
import { allRows, removePhoto, removeRow } from "./store.js";

const RECENT_MS = 2 * 86_400_000;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter(Boolean));
  return made;
}

function item(row, words, place) {
  const tone = { saved: "wait", sent: "good", refused: "bad" }[row.state];
  const note = row.state !== "saved" ? row.message : row.trouble === "sign-in" ? words.signIn : words.waiting;
  const about = element("div", {}, element("h3", { textContent: row.summary }), element("p", { textContent: note || "" }));
  if (row.photo) about.append(element("small", { textContent: words.photoWaits }));
  if (row.photoMessage) about.append(element("small", { textContent: row.photoMessage }));
  if (row.state === "sent" && row.address) about.append(element("a", { href: row.address, textContent: words.open }));
  if (row.trouble === "sign-in" && row.state === "saved") about.append(element("a", { href: "/sign-in?next=" + location.pathname, textContent: words.toSignIn }));
  if (row.state !== "sent") {
    const edit = element("a", { href: "/harvests/new#edit=" + row.key, className: "button secondary", textContent: words.edit });
    const drop = element("button", { type: "button", className: "button danger", textContent: words.drop });
    drop.addEventListener("click", async () => {
      if (!confirm(words.sure)) return;
      await removeRow(row.key);
      await removePhoto(row.key);
      outbox.dispatchEvent(new Event("change"));
    });
    if (row.state === "refused") about.append(element("p", {}, edit, " ", drop));
  }
  const badge = element("span", { className: "badge " + tone, textContent: words[row.state] });
  return element("li", {}, element("div", { className: "sum" }, about, badge));
}

// Only what changed is made anew: a long list stays quick, and no receipt leaves the screen.
async function draw(place, words) {
  const person = Number(place.dataset.person);
  const rows = await allRows();
  const mine = rows.filter((row) => row.owner === person && (row.state !== "sent" || row.photo || Date.now() - row.at < RECENT_MS));
  const others = rows.filter((row) => row.owner !== person && row.state === "saved").length;
  const waiting = mine.filter((row) => row.state === "saved" || row.photo).length;
  const parts = (place.parts ??= frame(place, person, words));
  parts.list.replaceChildren(...mine.map((row) => shownItem(parts.shown, row, words, place)));
  parts.send.hidden = !waiting;
  parts.others.hidden = !others;
  parts.others.textContent = words.others.replace("{count}", others);
  parts.head.hidden = !mine.length;
  place.replaceChildren(...Object.values(parts).filter((part) => part.nodeType && !part.hidden));
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (waiting) document.title = `(${waiting}) ${document.title}`;
}

function frame(place, person, words) {
  const send = element("button", { type: "button", className: "button secondary", textContent: words.send });
  send.addEventListener("click", () => flush(person, { now: true }));
  return {
    shown: new Map(),
    head: element("h2", { textContent: words.title }),
    list: element("ul", { className: "cards" }),
    send: element("p", {}, send),
    others: element("p", { className: "hint" }),
  };
}

function shownItem(shown, row, words, place) {
  const state = JSON.stringify(row);
  const known = shown.get(row.key);
  if (known?.state === state) return known.item;
  const made = item(row, words, place);
  shown.set(row.key, { state, item: made });
  return made;
}

export function show(words) {
  for (const place of document.querySelectorAll("[data-outbox]")) {
    // One drawing at a time; what changes meanwhile is drawn once more after it.
    let drawing = null, again = false;
    const redraw = async () => {
      if (drawing) return void (again = true);
      do {
        again = false;
        await (drawing = draw(place, words).catch(() => {}));
      } while (again);
      drawing = null;
    };
    outbox.addEventListener("change", redraw);
    redraw();
  }
}

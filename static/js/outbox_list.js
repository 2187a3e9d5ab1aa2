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
      draw(place, words);
    });
    if (row.state === "refused") about.append(element("p", {}, edit, " ", drop));
  }
  const badge = element("span", { className: "badge " + tone, textContent: words[row.state] });
  return element("li", {}, element("div", { className: "sum" }, about, badge));
}

async function draw(place, words) {
  const person = Number(place.dataset.person);
  const rows = await allRows();
  const mine = rows.filter((row) => row.owner === person && (row.state !== "sent" || row.photo || Date.now() - row.at < RECENT_MS));
  const others = rows.filter((row) => row.owner !== person && row.state === "saved").length;
  const waiting = mine.filter((row) => row.state === "saved" || row.photo).length;
  place.replaceChildren();
  if (mine.length) place.append(element("h2", { textContent: words.title }), element("ul", { className: "cards" }, ...mine.map((row) => item(row, words, place))));
  if (waiting) {
    const send = element("button", { type: "button", className: "button secondary", textContent: words.send });
    send.addEventListener("click", () => flush(person, { now: true }));
    place.append(element("p", {}, send));
  }
  if (others) place.append(element("p", { className: "hint", textContent: words.others.replace("{count}", others) }));
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (waiting) document.title = `(${waiting}) ${document.title}`;
}

export function show(words) {
  for (const place of document.querySelectorAll("[data-outbox]")) {
    outbox.addEventListener("change", () => draw(place, words));
    draw(place, words);
  }
}

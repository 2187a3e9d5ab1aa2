// Sends the board's forms in the background and puts in the parts that changed, with
// stops to drag by hand or by Alt and the arrow keys. Without it every form still works.
const board = document.querySelector("[data-board]");
const says = board.querySelector("[data-board-says]");
const moving = board.querySelector("[data-board-move]");
const nearEdge = 48;
let drag = null;
let mapTimer = 0;
let sending = Promise.resolve();

board.classList.add("can-drag");
for (const hint of board.querySelectorAll("[data-board-hint]")) hint.hidden = false;

board.addEventListener("submit", (event) => {
  const form = event.target;
  const address = event.submitter?.getAttribute("formaction") || form.getAttribute("action");
  if (event.defaultPrevented || !/\/board\/(moves|locks|mends|breakdowns|undone|redone)$/.test(address)) return;
  event.preventDefault();
  send(address, new FormData(form));
});

board.addEventListener("click", (event) => {
  const link = event.target.closest("[data-choose], [data-close]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  if (link.matches("[data-close]")) document.getElementById("panel").replaceChildren();
  else choose(link.href);
});

board.addEventListener("keydown", (event) => {
  const item = event.target.closest(".visit");
  if (!item || !event.altKey || !event.key.startsWith("Arrow")) return;
  const target = stepped(item, event.key);
  if (!target) return;
  event.preventDefault();
  move(item, target);
});

board.addEventListener("pointerdown", (event) => {
  const item = event.target.closest(".handle")?.closest(".visit");
  if (!item || event.button) return;
  event.preventDefault();
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.textContent = item.querySelector(".choose").textContent;
  board.append(ghost);
  item.classList.add("is-moving");
  drag = { item, ghost, target: null };
  follow(event);
});
addEventListener("pointermove", (event) => drag && follow(event));
addEventListener("pointerup", () => drag && drop(true));
addEventListener("pointercancel", () => drag && drop(false));
addEventListener("keydown", (event) => drag && event.key === "Escape" && drop(false));

function follow(event) {
  drag.ghost.style.insetInlineStart = "0";
  drag.ghost.style.transform = `translate(${event.clientX + 10}px, ${event.clientY + 10}px)`;
  drag.ghost.style.insetBlockStart = "0";
  const columns = board.querySelector(".truck-columns");
  const edge = columns.getBoundingClientRect();
  if (event.clientX > edge.right - nearEdge) columns.scrollBy(24, 0);
  if (event.clientX < edge.left + nearEdge) columns.scrollBy(-24, 0);
  mark(targetAt(event.clientX, event.clientY));
}

function targetAt(x, y) {
  const under = document.elementFromPoint(x, y);
  const waiting = under?.closest("[data-waiting]");
  if (waiting) return { box: waiting, spot: "" };
  const column = under?.closest(".column");
  if (!column) return null;
  const list = under.closest(".visits") || [...column.querySelectorAll(".visits")].at(-1);
  const others = [...list.children].filter((one) => one !== drag.item);
  const before = others.find((one) => {
    const box = one.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  const position = before ? others.indexOf(before) : others.length;
  return { box: before || list, spot: `${column.dataset.vehicle}:${list.dataset.trip}:${position}` };
}

function mark(target) {
  board.querySelectorAll(".is-target").forEach((one) => one.classList.remove("is-target"));
  target?.box.classList.add("is-target");
  drag.target = target;
}

function drop(isMeant) {
  const { item, ghost, target } = drag;
  mark(null);
  drag = null;
  ghost.remove();
  item.classList.remove("is-moving");
  if (isMeant && target && target.spot !== item.dataset.at) move(item, target.spot);
}

// Up and down within the trip; left and right to the neighbouring truck's last stop.
function stepped(item, key) {
  const list = item.closest(".visits");
  const column = item.closest(".column");
  const columns = [...board.querySelectorAll(".column")];
  if (key === "ArrowUp" || key === "ArrowDown") {
    if (!list) return null;
    const position = [...list.children].indexOf(item) + (key === "ArrowUp" ? -1 : 1);
    if (position < 0 || position >= list.children.length) return null;
    return `${column.dataset.vehicle}:${list.dataset.trip}:${position}`;
  }
  const next = columns[columns.indexOf(column) + (key === "ArrowLeft" ? -1 : 1)];
  if (!next) return null;
  const last = [...next.querySelectorAll(".visits")].at(-1);
  return `${next.dataset.vehicle}:${last.dataset.trip}:${last.children.length}`;
}

function move(item, target) {
  item.classList.add("is-sending");
  const fields = new FormData(moving);
  fields.set("stop", item.dataset.stop);
  fields.set("origin", item.dataset.at);
  fields.set("target", target);
  fields.set("seen", board.dataset.version);
  fields.set("key", crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
  send(moving.action, fields, item.dataset.stop, target);
}

// One after the other: the second change of a quick hand has seen the first.
function send(address, fields, stop, target) {
  const began = performance.now();
  sending = sending.then(async () => {
    if (stop) fields.set("seen", board.dataset.version);
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    } catch {
      return say(board.dataset.offline, stop);
    }
    const found = await answer.json().catch(() => null);
    if (!found?.parts) return location.reload();
    put(found);
    say(found.message);
    if (stop) focusOn(stop, target);
    board.dataset.tookMs = String(Math.round(performance.now() - began));
    if (!answer.ok) document.querySelector(".error-summary")?.focus();
    refreshMap();
  });
}

function put({ version, parts }) {
  board.dataset.version = version;
  for (const [id, html] of Object.entries(parts)) {
    const place = document.getElementById(id);
    if (place) place.innerHTML = html;
    else return location.reload();
  }
  for (const column of board.querySelectorAll(".column")) column.hidden = false;
}

function say(words, stop) {
  says.textContent = words || "";
  if (stop) board.querySelectorAll(".is-sending").forEach((one) => one.classList.remove("is-sending"));
}

function focusOn(stop, target) {
  const inColumn = target && document.getElementById(`route-${target.split(":")[0]}`);
  const item = (inColumn || board).querySelector(`[data-stop="${CSS.escape(stop)}"] .choose`);
  item?.focus({ preventScroll: false });
}

async function choose(address) {
  const answer = await fetch(address.split("#")[0], { headers: { Accept: "application/json" } });
  const found = await answer.json().catch(() => null);
  if (!found?.parts) return location.assign(address);
  put({ ...found, version: board.dataset.version });
  const panel = board.querySelector("[data-panel]");
  panel?.focus();
  panel?.scrollIntoView({ block: "nearest" });
}

function refreshMap() {
  clearTimeout(mapTimer);
  mapTimer = setTimeout(async () => {
    const place = document.getElementById("map");
    const answer = await fetch(place.dataset.mapPart);
    if (!answer.ok) return;
    place.innerHTML = (await answer.json()).part;
    document.dispatchEvent(new CustomEvent("board-map"));
  }, 400);
}

// The outbox: each row is sent once, by its key, when the network lets it through.
import { allRows, getPhoto, getRow, putRow, removePhoto, removeRow } from "./store.js";

const GIVE_UP_MS = 90_000;
const LONGEST_WAIT_MS = 300_000;
const KEEP_SENT_MS = 14 * 86_400_000;
// At a time: enough to hide the way there and back, few enough that each gets its share of 2G.
const AT_ONCE = 4;
const waitAfter = (tries) => Math.min(LONGEST_WAIT_MS, 2_000 * 2 ** Math.min(tries, 8)) * (0.5 + Math.random() / 2);
let silent = 0;
let restUntil = 0;
const outbox = new EventTarget();
export default outbox;
const changed = () => outbox.dispatchEvent(new Event("change"));

export async function save(row) {
  await putRow({ state: "saved", at: Date.now(), tries: 0, dueAt: 0, ...row });
  changed();
  // A bonus where the browser has it: sent after the page is closed, too.
  globalThis.navigator?.serviceWorker?.ready.then((worker) => worker.sync?.register(`outbox-${row.owner}`)).catch(() => {});
}

// Sends what is due. Two tabs share one lock; where a browser has none, the server's keys suffice.
export function flush(person, { now = false } = {}) {
  const work = () => sendAll(person, now);
  return navigator.locks ? navigator.locks.request("farmgate-outbox", work) : work();
}

// Returns when the earliest row that has to rest is due, or Infinity.
async function sendAll(person, now) {
  const mine = (await allRows()).reverse().filter((row) => row.owner === person);
  for (const row of mine) if (row.state === "sent" && !row.photo && Date.now() - row.at > KEEP_SENT_MS) await removeRow(row.key);
  const open = mine.filter((row) => row.state === "saved" || (row.state === "sent" && row.photo));
  const due = open.filter((row) => now || row.dueAt <= Date.now());
  for (let first = 0; first < due.length; first += AT_ONCE) {
    const got = await Promise.all(due.slice(first, first + AT_ONCE).map(({ key }) => sendOne(key)));
    changed();
    if (got.some(Boolean)) {
      silent = 0;
    } else {
      // Nothing gets through, or nobody is signed in: what is left rests, too.
      silent += 1;
      restUntil = Date.now() + waitAfter(silent);
      break;
    }
  }
  const left = (await allRows()).filter((row) => row.owner === person && (row.state === "saved" || (row.state === "sent" && row.photo)));
  return Math.max(restUntil, left.reduce((least, row) => Math.min(least, row.dueAt), Infinity));
}

async function sendOne(key) {
  // Read again under the lock: another tab may have sent it meanwhile.
  const row = await getRow(key);
  if (!row) return true;
  if (row.state === "saved" && !(await sendWords(row))) return false;
  return row.state !== "sent" || !row.photo || sendPhoto(row);
}

// Both return false when the row has to rest: nobody is signed in, or it did not get through.
async function sendWords(row) {
  const reply = await post("/api/lots", row.key, JSON.stringify({ person: row.owner, fields: row.fields }), "application/json");
  if (reply.status === 201 && reply.body?.lot) {
    return keep(row, { state: "sent", address: reply.body.address, message: reply.body.message, tries: 0, dueAt: 0, trouble: "" });
  }
  if (isFinal(reply)) {
    return keep(row, { state: "refused", message: reply.body.error?.message ?? "", errors: reply.body.errors ?? {} });
  }
  return rest(row, reply);
}

async function sendPhoto(row) {
  const photo = await getPhoto(row.key);
  if (!photo) return keep(row, { photo: false });
  const reply = await post(`/api/lots/${row.key}/photo`, row.key + "-photo", new Blob([photo.data], { type: photo.type }), photo.type || "image/jpeg");
  if (!(reply.status === 201 && reply.body?.photo) && !isFinal(reply)) return rest(row, reply);
  await removePhoto(row.key);
  return keep(row, { photo: false, photoMessage: reply.status === 201 ? "" : reply.body.error?.message ?? "" });
}

// Only our own JSON settles anything: a hotel's sign-in page also answers 200.
const isFinal = ({ status, body }) => body?.error && status >= 400 && status < 500 && ![401, 408, 429].includes(status);

async function keep(row, changes) {
  Object.assign(row, changes);
  await putRow(row);
  return true;
}

async function rest(row, { status, body }) {
  row.tries += 1;
  row.trouble = status === 401 && body?.error ? "sign-in" : "network";
  row.dueAt = Date.now() + waitAfter(row.tries);
  await putRow(row);
  return false;
}

async function post(address, key, body, type) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), GIVE_UP_MS);
  try {
    const response = await fetch(address, {
      method: "POST", body, signal: stop.signal, credentials: "same-origin",
      headers: { "Content-Type": type, Accept: "application/json", "Idempotency-Key": key },
    });
    const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
    return { status: response.status, body: isJson ? await response.json() : null };
  } catch {
    return { status: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

// Never trust that the phone knows whether it is online: try on every occasion.
export function watch(person) {
  let timer = 0;
  const go = async (options) => {
    clearTimeout(timer);
    const dueAt = await flush(person, options).catch(() => Infinity);
    clearTimeout(timer);
    timer = setTimeout(go, Math.min(30_000, Math.max(1_000, dueAt - Date.now())));
  };
  addEventListener("pageshow", () => go({ now: true }));
  addEventListener("online", () => go({ now: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && go({ now: true }));
  go({ now: true });
}

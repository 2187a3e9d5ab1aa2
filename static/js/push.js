// Switches notifications on and off for this device; hidden where the browser has none.
const card = document.querySelector("[data-push]");
if (card && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) start();

async function start() {
  const worker = await navigator.serviceWorker.register("/sw.js");
  await navigator.serviceWorker.ready;
  const kept = await worker.pushManager.getSubscription();
  // On the page of a harvest it is only offered: whoever has it, or said no, is left in peace.
  if ("offer" in card.dataset && Notification.permission !== "default") return;
  let isOn = "on" in card.dataset && Boolean(kept) && Notification.permission === "granted";
  const on = card.querySelector("[data-push-on]"), off = card.querySelector("[data-push-off]");
  const show = () => ([on.hidden, off.hidden] = [isOn, !isOn]);
  on.addEventListener("click", () => change(on, async () => {
    if ((await Notification.requestPermission()) !== "granted") return "denied";
    const made = await subscription(worker.pushManager);
    await send("/account/push", { endpoint: made.endpoint, p256dh: made.keys.p256dh, auth: made.keys.auth });
    isOn = true;
    return "on";
  }));
  off.addEventListener("click", () => change(off, async () => {
    await send("/account/push/removal", {});
    await (await worker.pushManager.getSubscription())?.unsubscribe();
    isOn = false;
    return "off";
  }));
  async function change(place, does) {
    const button = place.querySelector("button");
    button.disabled = true;
    say(await does().catch(() => "failed"));
    button.disabled = false;
    show();
  }
  show();
  card.hidden = false;
}

// A subscription that was made with another key cannot be used any more.
async function subscription(manager) {
  const options = { userVisibleOnly: true, applicationServerKey: bytes(card.dataset.push) };
  const made = await manager.subscribe(options).catch(async () => {
    await (await manager.getSubscription())?.unsubscribe();
    return manager.subscribe(options);
  });
  return made.toJSON();
}

async function send(path, fields) {
  const reply = await fetch(path, { method: "POST", body: new URLSearchParams({ ...fields, csrf_token: card.dataset.token }) });
  if (!reply.ok) throw new Error(String(reply.status));
}

function say(name) {
  const place = card.querySelector("[data-said]");
  place.textContent = card.querySelector("[data-words]").content.querySelector(`[data-name=${name}]`).textContent;
  place.hidden = false;
}

function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
}

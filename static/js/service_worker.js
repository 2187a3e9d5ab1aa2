// Keeps the farmer's pages for when there is no network. The first line, with VERSION,
// SHELL and PAGES, is written by the server.
const STATIC = "static-" + VERSION;
const KEPT = "pages";
const WAIT_MS = 4_000;

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const request = event.request;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method !== "GET") {
    // Signing in or out, another PIN, another language: the kept pages are somebody else's now.
    if (request.mode === "navigate" && !address.pathname.startsWith("/harvests")) event.waitUntil(caches.delete(KEPT));
    return;
  }
  if (request.mode === "navigate") {
    if (address.pathname.startsWith("/demo/") || address.pathname.startsWith("/enrol")) event.waitUntil(caches.delete(KEPT));
    event.respondWith(page(event, request, address));
  } else if (SHELL.includes(address.pathname) || address.pathname.startsWith("/crops/")) {
    event.respondWith(fixed(request));
  }
});

async function install() {
  const cache = await caches.open(STATIC);
  await Promise.all(SHELL.map(async (path) => keep(cache, path, await fetch(path, { cache: "no-cache" }))));
  const pages = await caches.open(KEPT);
  // A stranger is sent to sign in; those replies are not kept.
  await Promise.all(PAGES.map((path) => fetch(path).then((reply) => keep(pages, path, reply), () => null)));
  await skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name !== STATIC && name !== KEPT) await caches.delete(name);
  await clients.claim();
}

// Only whole, own replies of the right type are kept, or a login page would become a script.
async function keep(cache, request, reply) {
  const path = new URL(request.url ?? request, location.origin).pathname;
  const type = reply.headers.get("Content-Type") ?? "";
  const wanted = path.endsWith(".js") ? "javascript" : path.endsWith(".svg") ? "image/svg" : path.endsWith(".css") ? "text/css" : "text/html";
  if (reply.ok && !reply.redirected && type.includes(wanted)) await cache.put(request, reply.clone());
  return reply;
}

// The scripts of one version stay together, whatever stamp the page asks for.
async function fixed(request) {
  const cache = await caches.open(STATIC);
  return (await cache.match(request, { ignoreSearch: true })) ?? keep(cache, request, await fetch(request));
}

async function page(event, request, address) {
  const cache = await caches.open(KEPT);
  const isKept = PAGES.includes(address.pathname);
  const asked = fetch(request).then(async (reply) => {
    if (reply.redirected && new URL(reply.url).pathname === "/sign-in") await caches.delete(KEPT);
    else if (isKept) await keep(await caches.open(KEPT), request, reply);
    return reply;
  });
  const kept = isKept && (await cache.match(request));
  // The form itself opens at once from the phone and is brought up to date behind it.
  if (kept && address.pathname === "/harvests/new") {
    event.waitUntil(asked.catch(() => {}));
    return kept;
  }
  try {
    return await (kept ? Promise.race([asked, late()]) : asked);
  } catch {
    asked.catch(() => {});
    const other = isKept && (await cache.match(address.pathname, { ignoreSearch: true }));
    return kept || other || (await caches.match("/help/offline")) || Response.error();
  }
}

const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), WAIT_MS));

// A message comes encrypted for this browser; a tap opens one of our own pages and no other.
addEventListener("push", (event) => {
  let told = {};
  try { told = event.data.json(); } catch { return; }
  event.waitUntil(registration.showNotification(String(told.title), {
    body: String(told.body), tag: String(told.tag), icon: "/static/icon.svg", data: { path: ownPath(told.path) },
  }));
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(ownPath(event.notification.data?.path)));
});

function ownPath(path) {
  const address = new URL(typeof path === "string" ? path : "/messages", location.origin);
  return address.origin === location.origin ? address.pathname + address.search : "/messages";
}

async function open(path) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const shown = pages.find((page) => new URL(page.url).pathname === path);
  return shown ? shown.focus() : clients.openWindow(path);
}

// Reads the listing form aloud, step by step: the cooperative's recording, else the phone's
// own voice for the page's language, else nothing is shown.
const form = document.querySelector("[data-listing]");
const language = document.documentElement.lang;
const speaker = '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M19 6a8 8 0 0 1 0 12"/></svg>';
const steps = () => [
  ["crop", form.querySelector(".crops")],
  ["quantity", form.querySelector("#quantity").closest(".field")],
  ["grade", form.querySelector(".three")],
  ["price", form.querySelector("#price").closest(".field")],
  ["days", form.querySelector(".pair")],
  ["send", form.querySelector("button[type=submit]")],
];
let clips = {};
let playing = null;

// Android also lists voices that it would have to fetch first: only one on the phone counts.
const voice = () => globalThis.speechSynthesis?.getVoices().find((one) => one.localService && one.lang.toLowerCase().split(/[-_]/)[0] === language);

function stop() {
  playing?.pause?.();
  playing = null;
  globalThis.speechSynthesis?.cancel();
  for (const button of document.querySelectorAll("[data-hear]")) button.setAttribute("aria-pressed", "false");
}

function say(name, part) {
  return new Promise((resolve) => {
    if (clips[name]) {
      playing = Object.assign(new Audio(clips[name]), { onended: resolve, onerror: resolve, onpause: resolve });
      return void playing.play().catch(resolve);
    }
    const text = [...part.querySelectorAll(".hidden"), part].map((one) => one.innerText).join(". ").replace(/\s*\n\s*/g, ". ");
    const spoken = Object.assign(new SpeechSynthesisUtterance(text), { lang: language, voice: voice(), rate: 0.9, onend: resolve, onerror: resolve });
    playing = { pause: resolve };
    speechSynthesis.speak(spoken);
  });
}

async function hear(button, parts) {
  const wasOn = button.getAttribute("aria-pressed") === "true";
  stop();
  if (wasOn) return;
  button.setAttribute("aria-pressed", "true");
  for (const [name, part] of parts) {
    if (button.getAttribute("aria-pressed") !== "true") return;
    part.scrollIntoView({ block: "center" });
    await say(name, part);
  }
  if (button.getAttribute("aria-pressed") === "true") stop();
}

function button(label, parts) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button secondary hear", innerHTML: speaker });
  made.append(label);
  made.dataset.hear = "";
  made.setAttribute("aria-pressed", "false");
  made.addEventListener("click", () => hear(made, parts()));
  return made;
}

export async function offer(words) {
  const reply = await fetch(`/clips/${language}.json`).catch(() => null);
  clips = reply?.ok ? await reply.json().catch(() => ({})) : {};
  const show = () => {
    stop();
    document.querySelectorAll("[data-hear]").forEach((old) => old.remove());
    const heard = () => steps().filter(([name, part]) => part && (clips[name] || voice()));
    if (!heard().length) return;
    form.before(button(words.readAloud, heard));
  };
  show();
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", show);
  addEventListener("pagehide", stop);
}

// What forms need: steppers, the word about what is wrong, buttons that rest after sending.
for (const summary of document.querySelectorAll("[data-focus]")) summary.focus();

// Without a step of its own it grows with the number: 1, 5, 10, 50.
const stepOf = (number) => (number < 10 ? 1 : number < 50 ? 5 : number < 200 ? 10 : 50);
for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const input = stepper.querySelector("input");
  const step = Number(stepper.dataset.stepper);
  for (const button of stepper.querySelectorAll("button")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const by = Number(button.dataset.by);
      const now = Number(input.value.replace(",", ".")) || 0;
      const next = now + by * (step || stepOf(now + Math.min(0, by)));
      input.value = String(Math.max(0, Math.round(next * 100) / 100));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return event.preventDefault();
  // The button rests after the click; the key in the form keeps even a second send harmless.
  setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = true)));
});

// Coming back through the history must not find the buttons still at rest.
addEventListener("pageshow", () => document.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = false)));

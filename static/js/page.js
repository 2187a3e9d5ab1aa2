// Small behaviours, each attached by a data- attribute; every page works without them.
for (const summary of document.querySelectorAll("[data-focus]")) summary.focus();

for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const input = stepper.querySelector("input");
  const step = Number(stepper.dataset.stepper) || 1;
  for (const button of stepper.querySelectorAll("button")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const next = (Number(input.value.replace(",", ".")) || 0) + step * Number(button.dataset.by);
      input.value = String(Math.max(0, Math.round(next * 100) / 100));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const button of document.querySelectorAll("[data-tick-all]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.closest("form").querySelectorAll("input[type=checkbox]")];
    const tick = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = tick;
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return event.preventDefault();
  // The button rests after the click; the key in the form keeps even a second send harmless.
  setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = true)));
});

// Coming back through the history must not find the buttons still at rest.
addEventListener("pageshow", () => document.querySelectorAll("button[type=submit]").forEach((button) => (button.disabled = false)));

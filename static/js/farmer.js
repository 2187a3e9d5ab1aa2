// Starts what the farmer's pages do beyond plain forms: the worker, the outbox, its list.
import "./photo.js";
import { watch } from "./outbox.js";
import { show } from "./outbox_list.js";

const place = document.querySelector("[data-outbox]");
if (place && "indexedDB" in window) {
  watch(Number(place.dataset.person));
  import(`/outbox/words-${document.documentElement.lang}.js`).then(({ default: words }) => {
    show(words);
    if (document.querySelector("[data-listing]")) import("./read_aloud.js").then((aloud) => aloud.offer(words));
  });
  navigator.storage?.persist?.();
}
navigator.serviceWorker?.register("/sw.js");

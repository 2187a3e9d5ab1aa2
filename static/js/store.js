// What the phone keeps until it is sent: rows of the outbox, and photos apart from them.
const NAME = "farmgate";
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("rows", { keyPath: "key" });
      request.result.createObjectStore("photos");
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      // Some systems close the database while the page lives; the next use opens it again.
      request.result.onclose = () => (opening = null);
      request.result.onversionchange = () => { request.result.close(); opening = null; };
      resolve(request.result);
    };
  });
  opening.catch(() => (opening = null));
  return opening;
}

async function within(store, mode, work, again = true) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      // Strict: "saved" is said only when it would survive the battery.
      const transaction = database.transaction(store, mode, { durability: "strict" });
      const request = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } catch (error) {
    if (!again || error?.name !== "InvalidStateError") throw error;
    opening = null;
    return within(store, mode, work, false);
  }
}

export const putRow = (row) => within("rows", "readwrite", (store) => store.put(row));
export const getRow = (key) => within("rows", "readonly", (store) => store.get(key));
export const removeRow = (key) => within("rows", "readwrite", (store) => store.delete(key));
export const allRows = async () => (await within("rows", "readonly", (store) => store.getAll())).sort((a, b) => b.at - a.at);
export const getPhoto = (key) => within("photos", "readonly", (store) => store.get(key));
export const removePhoto = (key) => within("photos", "readwrite", (store) => store.delete(key));

// On a full disk the photo goes first; the words stay.
export async function putPhoto(key, blob) {
  try {
    const photo = { type: blob.type, data: await blob.arrayBuffer() };
    await within("photos", "readwrite", (store) => store.put(photo, key));
    return true;
  } catch {
    return false;
  }
}

// Makes a photo small on the phone: upright, 800 px, about 30 KB.
const SIDE = 800;
const BYTES = 30_000;

export async function scaled(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    for (const quality of [0.75, 0.6, 0.45, 0.3]) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (blob && (blob.size <= BYTES || quality === 0.3)) return blob;
    }
  } catch {
    // What this browser cannot open, the server may: it decides and says why.
  }
  return file;
}

for (const input of document.querySelectorAll("input[data-scale]")) {
  input.addEventListener("change", async () => {
    if (!input.files[0]) return;
    const small = await scaled(input.files[0]);
    const list = new DataTransfer();
    list.items.add(new File([small], "photo.jpg", { type: small.type }));
    input.files = list.files;
  });
}

// Photographs as they are sent: drawn anew, so that neither place nor camera nor anything hidden goes along, and small
// enough for a slow network.

import type { Bytes } from "../ledger/bytes.ts";
import { Problem } from "./server.ts";

const SIDE_MAX = 2048;
const QUALITY = 0.82;
export const FILE_BYTES_MAX = 40 * 1024 * 1024;

/** A JPEG of a picture file. Throws Problem (`site.photo_too_large`, `site.not_a_photo`). */
export async function picture(file: File): Promise<{ bytes: Bytes; type: string }> {
  if (file.size > FILE_BYTES_MAX) throw new Problem("site.photo_too_large", "");
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Problem("site.not_a_photo", "");
  }
  const scale = Math.min(1, SIDE_MAX / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  if (blob === null) throw new Problem("site.not_a_photo", "");
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: "image/jpeg" };
}

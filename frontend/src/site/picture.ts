// Photographs as they are sent: drawn anew, so that neither place nor camera nor anything hidden goes along, and small
// enough for a slow network. What moves stands still at its first picture.

import type { Bytes } from "../ledger/bytes.ts";
import { measured, silent } from "./measure.ts";
import { Problem } from "./problem.ts";

const SIDE_MAX = 2048;
const QUALITY = 0.82;
const PHOTO_BYTES_MAX = 64 * 1024 * 1024;
/** The largest that telephones take; half a gigabyte once unfolded. */
const POINTS_MAX = 120_000_000;

/** A JPEG of a picture file. Throws Problem (`site.photo_too_large`, `.photo_too_many_points`, `.not_a_photo`). */
export async function picture(file: File): Promise<{ bytes: Bytes; type: string }> {
  if (file.size > PHOTO_BYTES_MAX) throw new Problem("site.photo_too_large", "");
  const size = measured(new Uint8Array(await file.arrayBuffer()));
  if (size === undefined) throw new Problem("site.not_a_photo", "");
  if (size.width * size.height > POINTS_MAX) throw new Problem("site.photo_too_many_points", "");
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
  return { bytes: silent(new Uint8Array(await blob.arrayBuffer())), type: "image/jpeg" };
}

/**
 * Features of photos in this browser: 1,280 numbers each, as mlops/ml/vision/image_features.py makes them on the server.
 *
 *   import { ImageFeatures } from "../mlops/image_features.js";
 *   const model = await ImageFeatures.load({ url, sha256 });      // the part's model.onnx
 *   const [features] = await model.features([photo]);             // Blob, ImageBitmap, canvas, <img> or a frame of <video>
 *
 * No photo leaves the device.
 */
import { loadFile, loadRuntime, NotHere } from "../web/inference.js";
import { gettext } from "../web/words.js";

const CROP = 224;
const SHORT_SIDE = 256;
const KEPT = "fitbalance-image-features";

/** The middle square of a photo, 224 × 224 × (red, green, blue), as the model takes it; what is transparent is white. */
export async function middleSquare(image) {
  const source = image instanceof Blob ? await createImageBitmap(image) : image;
  const width = source.videoWidth ?? source.naturalWidth ?? source.width;
  const height = source.videoHeight ?? source.naturalHeight ?? source.height;
  let side = (Math.min(width, height) * CROP) / SHORT_SIDE;
  let canvas = drawn(source, (width - side) / 2, (height - side) / 2, side, halved(side));
  for (side = canvas.width; side > CROP; side = canvas.width) canvas = drawn(canvas, 0, 0, side, halved(side));
  if (source !== image) source.close();
  const { data } = canvas.getContext("2d").getImageData(0, 0, CROP, CROP);
  const pixels = new Uint8Array(CROP * CROP * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) pixels.set(data.subarray(from, from + 3), to);
  return pixels;
}

/** Browsers skip pixels when they shrink a picture to less than half: it is done in steps. */
const halved = (side) => (side > 2 * CROP ? Math.ceil(side / 2) : CROP);

function drawn(source, left, top, side, size) {
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, size, size);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, left, top, side, side, 0, 0, size, size);
  return canvas;
}

export class ImageFeatures {
  /** file: {url, sha256} of the part's model.onnx. Throws NotHere. */
  static async load(file) {
    if (typeof WebAssembly === "undefined") throw new NotHere(gettext("This browser cannot run models."));
    try {
      const [ort, bytes] = await Promise.all([loadRuntime(), loadFile(file, KEPT)]);
      return new ImageFeatures(ort, await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] }));
    } catch (error) {
      throw error instanceof NotHere ? error : new NotHere(gettext("The model cannot run in this browser."), { cause: error });
    }
  }

  constructor(ort, session) {
    Object.assign(this, { ort, session });
  }

  /** One Float32Array of 1,280 numbers a photo. */
  async features(images) {
    const found = [];
    for (const image of images) {
      const input = new this.ort.Tensor("uint8", await middleSquare(image), [1, CROP, CROP, 3]);
      const { features } = await this.session.run({ image: input });
      found.push(Float32Array.from(features.data));
      input.dispose();
      features.dispose();
    }
    return found;
  }

  async release() {
    await this.session.release();
  }
}

// By their files: the whole of the library would be four times as large.
import BinaryBitmap from "@zxing/library/esm/core/BinaryBitmap";
import HybridBinarizer from "@zxing/library/esm/core/common/HybridBinarizer";
import Code128Reader from "@zxing/library/esm/core/oned/Code128Reader";
import EAN13Reader from "@zxing/library/esm/core/oned/EAN13Reader";
import QRCodeReader from "@zxing/library/esm/core/qrcode/QRCodeReader";
import RGBLuminanceSource from "@zxing/library/esm/core/RGBLuminanceSource";

import type { Decode } from "./decoder";

/** Wide enough for the bars of an EAN-13 held before a camera, and quickly searched. */
const WIDTH = 800;

const readers = [new EAN13Reader(), new Code128Reader(), new QRCodeReader()];
const canvas = document.createElement("canvas");

/** Reads the present picture. */
export const decode: Decode = (video) => {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0) return Promise.resolve(null);
  const width = Math.min(WIDTH, videoWidth);
  const height = Math.round((videoHeight * width) / videoWidth);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return Promise.resolve(null);
  context.drawImage(video, 0, 0, width, height);
  return Promise.resolve(decodePixels(context.getImageData(0, 0, width, height)));
};

/** The first code in a picture, or null. */
export function decodePixels({ data, width, height }: Pick<ImageData, "data" | "width" | "height">): string | null {
  const image = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(luminance(data), width, height)));
  for (const reader of readers) {
    try {
      return reader.decode(image).getText();
    } catch {
      // It tells by an exception that it has found nothing.
      reader.reset();
    }
  }
  return null;
}

/** How bright each pixel is, as the eye sees it. */
function luminance(rgba: Uint8ClampedArray): Uint8ClampedArray {
  const grey = new Uint8ClampedArray(rgba.length / 4);
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const [red = 0, green = 0, blue = 0] = [rgba[pixel * 4], rgba[pixel * 4 + 1], rgba[pixel * 4 + 2]];
    grey[pixel] = (red * 299 + green * 587 + blue * 114) / 1000;
  }
  return grey;
}

/** Finds a code in a picture of the camera; null when there is none to be read. */
export type Decode = (video: HTMLVideoElement) => Promise<string | null>;

/** What browsers that can read codes themselves offer; TypeScript does not know it yet. */
interface Detector {
  detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats: () => Promise<string[]>;
}

const FORMATS = ["ean_13", "code_128", "qr_code"];

/** The browser's own reader where it has one for all our codes, else one that is fetched now. */
export async function decoder(): Promise<Decode> {
  const own = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const known = (await own?.getSupportedFormats().catch(() => [])) as string[] | undefined;
  if (!own || !FORMATS.every((format) => known?.includes(format))) return (await import("./zxing")).decode;
  const detector = new own({ formats: FORMATS });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

import { useEffect, useRef, useState } from "react";

import { Dialog } from "../ui/Dialog";
import { decoder } from "./decoder";

/** How long to wait before the next picture is looked at. */
const PAUSE_MS = 120;

interface Props {
  onScan: (code: string) => void;
  onClose: () => void;
}

/** The camera, until it has seen a code. */
export default function Camera({ onScan, onClose }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const scan = useRef(onScan);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    scan.current = onScan;
  });
  useEffect(() => {
    const stop = new AbortController();
    if (video.current) watch(video.current, (code) => scan.current(code), stop.signal).catch((error: unknown) => setProblem(reasonOf(error)));
    return () => stop.abort();
  }, []);
  return (
    <Dialog title="Scan a code" onClose={onClose}>
      {problem ? (
        <p role="alert" className="rounded-xl bg-bad-soft p-4 text-sm">
          {problem}
        </p>
      ) : (
        <div className="relative overflow-hidden rounded-xl bg-black">
          <video ref={video} muted playsInline className="aspect-[4/3] w-full object-cover" aria-label="What the camera sees" />
          <div aria-hidden="true" className="pointer-events-none absolute inset-x-[12%] inset-y-[28%] rounded-lg border-2 border-white/85" />
        </div>
      )}
      <p className="mt-3 text-sm text-muted">Hold the barcode or the QR code of a label into the frame.</p>
    </Dialog>
  );
}

async function watch(video: HTMLVideoElement, found: (code: string) => void, stop: AbortSignal): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  stop.addEventListener("abort", () => end(stream));
  if (stop.aborted) {
    end(stream);
    return;
  }
  video.srcObject = stream;
  const [decode] = await Promise.all([decoder(), video.play()]);
  while (!isOver(stop)) {
    const code = await decode(video);
    if (code !== null && !isOver(stop)) {
      found(code);
      return;
    }
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}

/** A call, because it changes while others wait. */
const isOver = (stop: AbortSignal): boolean => stop.aborted;

const end = (stream: MediaStream): void => stream.getTracks().forEach((track) => track.stop());

function reasonOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "AbortError") return "The camera was closed.";
  if (name === "NotAllowedError") return "This browser may not use the camera. Allow it in the settings of the page, or type the code.";
  if (name === "NotFoundError") return "There is no camera here. Type the code instead.";
  return "The camera could not be used. Type the code instead.";
}

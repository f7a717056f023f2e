import { useState } from "react";

import type { Image } from "../../api/types";
import { Picture } from "../../ui/Picture";

/** The pictures of an item: one large, the others to choose from. */
export function Pictures({ images, name }: { images: Image[]; name: string }) {
  const ready = images.filter((image) => image.status === "ready");
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = ready.find((image) => image.id === chosen) ?? ready[0];
  const refused = images.filter(({ status }) => status === "refused");
  const pending = images.filter((image) => image.status === "pending").length;
  return (
    <div>
      <Picture source={shown ? address(shown, "card") : null} alt={shown ? shown.alt || name : ""} className="aspect-square w-full" />
      {ready.length > 1 ? (
        <ul aria-label="Pictures" className="mt-2 flex flex-wrap gap-2">
          {ready.map((image, place) => (
            <li key={image.id}>
              <button
                type="button"
                aria-label={`Picture ${place + 1}${image.alt ? `: ${image.alt}` : ""}`}
                aria-pressed={image === shown}
                onClick={() => setChosen(image.id)}
                className="block rounded-lg aria-pressed:ring-2 aria-pressed:ring-accent"
              >
                <Picture source={address(image, "thumb")} alt="" className="size-14" />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <div role="status">
        {pending > 0 ? <p className="mt-2 text-sm text-muted">{pending === 1 ? "A picture is" : `${pending} pictures are`} being prepared.</p> : null}
        {refused.map(({ id, reason }) => (
          <p key={id} className="mt-2 text-sm text-bad">
            A picture was refused{reason ? `: ${reason}` : "."}
          </p>
        ))}
      </div>
    </div>
  );
}

const address = (image: Image, size: "thumb" | "card"): string => `/api/images/${image.id}/${size}.webp`;

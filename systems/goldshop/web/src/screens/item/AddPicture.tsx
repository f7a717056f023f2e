import { announce } from "@stackyard/web-kit/live";
import { buttonClass } from "@stackyard/web-kit/ui";
import { useState } from "react";

import { useChange } from "../../api/attempt";
import { uploadPicture } from "../../api/upload";
import { Problem } from "../../ui/Problem";

/** Chooses a picture, or takes one on a phone, and sends it. That it is ready comes as a live update. */
export function AddPicture({ item }: { item: string }) {
  const [part, setPart] = useState(0);
  const sending = useChange((file: File) => uploadPicture(item, file, setPart), ["item", "items"], () => announce("The picture was sent and is being prepared."));
  const send = (file: File | undefined) => {
    if (!file) return;
    setPart(0);
    sending.mutate(file);
  };
  return (
    <div className="mt-3 space-y-3">
      {sending.isPending ? (
        <label className="block text-sm text-muted">
          {part < 1 ? "Sending the picture" : "Nearly there"}
          <progress className="mt-1.5 block h-2 w-full overflow-hidden rounded-full accent-accent" value={part} max={1} />
        </label>
      ) : (
        <label className={buttonClass("light", "w-full cursor-pointer has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent")}>
          Add a picture
          <input
            type="file"
            accept="image/jpeg,image/png,image/webp"
            className="sr-only"
            onChange={(event) => {
              send(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
        </label>
      )}
      <Problem error={sending.error} />
    </div>
  );
}

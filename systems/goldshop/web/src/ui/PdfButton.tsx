import { Button, type Look } from "@stackyard/web-kit/ui";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { openPdf } from "./pdf";
import { Problem } from "./Problem";

interface Props {
  /** The name of the file, should it be saved. */
  name: string;
  /** Fetches it, with the token that a plain link would not have. */
  ask: () => Promise<Blob>;
  look?: Look;
  disabled?: boolean;
  className?: string;
  children: ReactNode;
}

/** Fetches a document and shows it. */
export function PdfButton({ name, ask, look = "light", disabled = false, className = "", children }: Props) {
  const fetching = useMutation({ mutationFn: ask, onSuccess: (pdf) => openPdf(pdf, name) });
  return (
    <div className={className}>
      <Button look={look} className="w-full" disabled={disabled || fetching.isPending} onClick={() => fetching.mutate()}>
        {fetching.isPending ? "Preparing…" : children}
      </Button>
      {fetching.error ? (
        <div className="mt-2">
          <Problem error={fetching.error} />
        </div>
      ) : null}
    </div>
  );
}

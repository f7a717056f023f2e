import { Button, SelectField, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { useChange } from "../../api/attempt";
import { api, told } from "../../api/client";
import { qrQuery } from "../../api/stock";
import type { Variant } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";

const KINDS = { ean13: "EAN-13", code128: "Code 128", qr: "QR" } as const;
type Kind = keyof typeof KINDS;

/** By what a variant is found: its QR code, its barcodes, and one more. */
export function Codes({ variant, name, onClose }: { variant: Variant; name: string; onClose: () => void }) {
  return (
    <Dialog title="Codes" onClose={onClose}>
      <p className="-mt-2 mb-4 text-sm text-muted">{name}</p>
      <div className="grid gap-5 sm:grid-cols-[10rem_minmax(0,1fr)]">
        <QrCode variant={variant.id} name={name} />
        <ul aria-label="Barcodes" className="space-y-2">
          {variant.barcodes.map(({ code, kind }) => (
            <li key={code}>
              <span className="font-mono text-lg break-all tabular-nums">{code}</span>
              <span className="block text-xs text-muted">{KINDS[kind]}</span>
            </li>
          ))}
        </ul>
      </div>
      <AddCode variant={variant.id} />
    </Dialog>
  );
}

function QrCode({ variant, name }: { variant: string; name: string }) {
  const { data, error } = useQuery(qrQuery(variant));
  if (error) return <Problem error={error} />;
  // White in the dark, too: scanners want dark on light.
  return <div className="aspect-square w-40 rounded-lg bg-white p-1">{data ? <img src={data} alt={`QR code of ${name}`} className="size-full" /> : null}</div>;
}

function AddCode({ variant }: { variant: string }) {
  const [code, setCode] = useState("");
  const [kind, setKind] = useState<Kind>("ean13");
  const adding = useChange(
    () => {
      const path = { variant_id: variant };
      return told(api.POST("/api/variants/{variant_id}/barcodes", { params: { path }, body: { code: code.trim() || null, kind } }));
    },
    ["item", "lookup"],
    () => setCode(""),
  );
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    adding.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className="mt-5 space-y-4 border-t border-line pt-5">
      <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_8rem]">
        <TextField
          label="Another code"
          hint={kind === "ean13" ? "Scan the maker’s, or leave it empty for one of the shop’s own." : undefined}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <SelectField label="Kind" value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
          {Object.entries(KINDS).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </SelectField>
      </div>
      <Problem error={adding.error} />
      <Button type="submit" look="light" disabled={adding.isPending || (kind !== "ean13" && code.trim() === "")}>
        {adding.isPending ? "Adding…" : "Add the code"}
      </Button>
    </form>
  );
}

import { Button, Card, SearchField, useSettled } from "@stackyard/web-kit/ui";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { partnersQuery } from "../api/trade";
import type { Partner, PartnerRef } from "../api/types";
import { Dialog } from "./Dialog";
import { PartnerForm } from "./PartnerForm";

interface Props {
  kind: Partner["kind"];
  label: string;
  /** What stands there when nobody is chosen. */
  none: string;
  value: PartnerRef | null;
  onChoose: (partner: PartnerRef | null) => void;
}

/** With whom: one of the known partners, or a new one. */
export function PartnerChoice({ kind, label, none, value, onChoose }: Props) {
  const [open, setOpen] = useState(false);
  const name = useId();
  const choose = (partner: PartnerRef | null) => {
    setOpen(false);
    onChoose(partner);
  };
  return (
    <div>
      <p id={name} className="mb-1.5 text-sm font-medium">
        {label}
      </p>
      <div className="flex gap-2">
        <button
          type="button"
          aria-describedby={name}
          className="min-h-11 min-w-0 flex-1 truncate rounded-lg border border-edge bg-surface px-3 text-left text-sm hover:border-muted"
          onClick={() => setOpen(true)}
        >
          {value ? value.name : <span className="text-muted">{none}</span>}
        </button>
        {value ? (
          <Button look="quiet" onClick={() => choose(null)}>
            Clear
          </Button>
        ) : null}
      </div>
      {open ? (
        <Dialog title={kind === "customer" ? "Choose a customer" : "Choose a supplier"} onClose={() => setOpen(false)}>
          <Partners kind={kind} onChoose={choose} />
        </Dialog>
      ) : null}
    </div>
  );
}

function Partners({ kind, onChoose }: { kind: Partner["kind"]; onChoose: (partner: PartnerRef) => void }) {
  const [text, setText] = useState("");
  const [isNew, setIsNew] = useState(false);
  const { data } = useInfiniteQuery(partnersQuery({ kind, q: useSettled(text.trim()) }));
  if (isNew) return <PartnerForm kind={kind} name={text} onDone={onChoose} />;
  const found = data?.pages[0]?.items ?? [];
  return (
    <div className="space-y-3">
      <SearchField label={`Search ${kind}s`} placeholder="Name or email" autoFocus value={text} onChange={(event) => setText(event.target.value)} />
      <Card className="max-h-72 overflow-y-auto">
        <ul aria-label="Found" className="divide-y divide-line">
          {found.map((partner) => (
            <li key={partner.id}>
              <button type="button" className="block w-full px-4 py-2.5 text-left hover:bg-sunken/60" onClick={() => onChoose(partner)}>
                <span className="block text-sm font-medium">{partner.name}</span>
                <span className="block truncate text-xs text-muted">{partner.email || partner.phone || "no address yet"}</span>
              </button>
            </li>
          ))}
        </ul>
        {found.length === 0 ? <p className="px-4 py-3 text-sm text-muted">{data ? "Nobody of this name." : "Loading…"}</p> : null}
      </Card>
      <Button look="light" className="w-full" onClick={() => setIsNew(true)}>
        New {kind}
      </Button>
    </div>
  );
}

import { Button, TextField } from "@stackyard/web-kit/ui";
import { type SubmitEvent, useState } from "react";

import { useChange } from "../api/attempt";
import { api, told } from "../api/client";
import type { Partner } from "../api/types";
import { Check, Segments, TextArea } from "./inputs";
import { Problem } from "./Problem";

interface Props {
  /** Whom to change; a new one without. */
  partner?: Partner;
  kind?: Partner["kind"];
  /** What a new one is called, to begin with. */
  name?: string;
  onDone: (partner: Partner) => void;
}

const KINDS = [
  { value: "customer", label: "Customer" },
  { value: "supplier", label: "Supplier" },
] as const;

/** Everything about a customer or a supplier. */
export function PartnerForm({ partner, kind: given, name = "", onDone }: Props) {
  const [values, setValues] = useState<Omit<Partner, "id">>(
    partner ?? { kind: given ?? "customer", name, email: "", phone: "", address: "", tax_id: "", active: true },
  );
  const saving = useChange(() => save(partner, values), ["partners", "partner", "search"], onDone);
  const put = (change: Partial<Partner>) => setValues({ ...values, ...change });
  const field = (key: "name" | "email" | "phone" | "tax_id") => ({
    value: values[key],
    onChange: (event: { target: { value: string } }) => put({ [key]: event.target.value }),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate(undefined);
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      {partner || given ? null : <Segments label="Kind" value={values.kind} options={KINDS} onChoose={(kind) => put({ kind })} />}
      <TextField label="Name" required maxLength={200} autoFocus={!partner} {...field("name")} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Email" type="email" maxLength={254} {...field("email")} />
        <TextField label="Phone" type="tel" maxLength={200} {...field("phone")} />
      </div>
      <TextArea label="Address" maxLength={4000} value={values.address} onChange={(event) => put({ address: event.target.value })} />
      <TextField label="VAT number" maxLength={200} {...field("tax_id")} />
      {partner ? <Check label="The shop trades with them" checked={values.active} onChange={(event) => put({ active: event.target.checked })} /> : null}
      <Problem error={saving.error} />
      <Button type="submit" className="w-full sm:w-auto" disabled={saving.isPending}>
        {saving.isPending ? "Saving…" : partner ? "Save" : "Add"}
      </Button>
    </form>
  );
}

function save(partner: Partner | undefined, values: Omit<Partner, "id">): Promise<Partner> {
  const { kind, name, email, phone, address, tax_id, active } = values;
  const rest = { name, email, phone, address, tax_id };
  if (!partner) return told(api.POST("/api/partners", { body: { kind, ...rest } }));
  const path = { partner_id: partner.id };
  return told(api.PATCH("/api/partners/{partner_id}", { params: { path }, body: { ...rest, active } }));
}

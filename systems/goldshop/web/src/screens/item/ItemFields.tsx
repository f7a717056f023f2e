import { SelectField, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { categoriesQuery } from "../../api/queries";
import { unitsQuery } from "../../api/stock";
import { Check, TextArea } from "../../ui/inputs";
import type { ItemValues, VariantValues } from "./values";

const SKU = { pattern: "[A-Za-z0-9\\-]{3,40}", title: "Letters, digits and hyphens, at least three", autoCapitalize: "characters", spellCheck: false };
const RATES = [
  { value: "0.21", label: "21 %" },
  { value: "0.09", label: "9 %" },
  { value: "0", label: "0 % (investment gold)" },
];

interface ItemProps {
  values: ItemValues;
  onChange: (change: Partial<ItemValues>) => void;
  isNew: boolean;
}

/** What an item is, whichever of its variants. */
export function ItemFields({ values, onChange, isNew }: ItemProps) {
  const categories = useQuery(categoriesQuery).data ?? [];
  const rates = RATES.some(({ value }) => value === values.tax_rate) ? RATES : [...RATES, { value: values.tax_rate, label: `${Number(values.tax_rate) * 100} %` }];
  return (
    <>
      <TextField label="Name" required maxLength={200} value={values.name} onChange={(event) => onChange({ name: event.target.value })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="SKU" required {...SKU} value={values.sku} onChange={(event) => onChange({ sku: event.target.value })} />
        <SelectField label="Category" required value={values.category_id} onChange={(event) => onChange({ category_id: event.target.value })}>
          <option value="">Choose one</option>
          {categories.map(({ id, name, depth }) => (
            <option key={id} value={id}>
              {"\u2003".repeat(depth - 1) + name}
            </option>
          ))}
        </SelectField>
      </div>
      <TextArea label="Description" maxLength={4000} value={values.description} onChange={(event) => onChange({ description: event.target.value })} />
      <div className="grid gap-4 sm:grid-cols-3">
        {isNew ? <Unit values={values} onChange={onChange} /> : null}
        <SelectField label="VAT" value={values.tax_rate} onChange={(event) => onChange({ tax_rate: event.target.value })}>
          {rates.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        {values.stocked ? (
          <TextField
            label="Reorder at"
            hint="0 for never"
            inputMode="decimal"
            value={values.reorder_level}
            onChange={(event) => onChange({ reorder_level: event.target.value })}
          />
        ) : null}
      </div>
      {isNew ? (
        <Check label="Kept in stock (a service is not)" checked={values.stocked} onChange={(event) => onChange({ stocked: event.target.checked })} />
      ) : (
        <Check label="Sold" checked={values.active} onChange={(event) => onChange({ active: event.target.checked })} />
      )}
    </>
  );
}

function Unit({ values, onChange }: Omit<ItemProps, "isNew">) {
  const units = useQuery(unitsQuery).data ?? [];
  return (
    <SelectField label="Counted in" value={values.unit} onChange={(event) => onChange({ unit: event.target.value })}>
      {units.map(({ code, name }) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

interface VariantProps {
  values: VariantValues;
  onChange: (change: Partial<VariantValues>) => void;
  /** What stands for an empty SKU. */
  sku?: string;
}

/** What tells a variant from the others, and its price. */
export function VariantFields({ values, onChange, sku = "" }: VariantProps) {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="SKU of the variant"
          {...SKU}
          required={sku === ""}
          placeholder={sku}
          value={values.sku}
          onChange={(event) => onChange({ sku: event.target.value })}
        />
        <TextField
          label="Price with VAT, EUR"
          required
          inputMode="decimal"
          placeholder="0.00"
          value={values.price}
          onChange={(event) => onChange({ price: event.target.value })}
        />
      </div>
      <TextField label="Name of the variant" maxLength={200} placeholder="Only where there are several" value={values.name} onChange={(event) => onChange({ name: event.target.value })} />
      <TextArea
        label="Attributes, one a line"
        rows={2}
        placeholder={"size: 54\nfineness: 585"}
        value={values.attributes}
        onChange={(event) => onChange({ attributes: event.target.value })}
      />
    </>
  );
}

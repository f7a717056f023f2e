import { Button, SelectField, TextField } from "@stackyard/web-kit/ui";
import { type SubmitEvent, useState } from "react";

import { useChange } from "../../api/attempt";
import { api, told } from "../../api/client";
import type { Category } from "../../api/types";
import { Dialog } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";
import { parentOf } from "./Categories";

const TOUCHES = ["categories", "items", "item"];

interface Props {
  /** Which one to change, or null for a new one. */
  category: Category | null;
  categories: Category[];
  onClose: () => void;
}

/** A category is added, renamed, moved with all below it, or removed. */
export function CategoryDialog({ category, categories, onClose }: Props) {
  const [name, setName] = useState(category?.name ?? "");
  const [parent, setParent] = useState(category ? (parentOf(category, categories)?.id ?? "") : "");
  const saving = useChange(() => save(category, name, parent || null), TOUCHES, onClose);
  const removing = useChange(remove, TOUCHES, onClose);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate(undefined);
  };
  // It cannot stand in itself, nor in what stands in it.
  const places = category ? categories.filter(({ path }) => path !== category.path && !path.startsWith(`${category.path}.`)) : categories;
  return (
    <Dialog title={category ? category.name : "New category"} onClose={onClose}>
      <form onSubmit={submit} className="space-y-4">
        <TextField label="Name" required maxLength={200} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        <SelectField label="Stands in" value={parent} onChange={(event) => setParent(event.target.value)}>
          <option value="">The top</option>
          {places.map(({ id, name: text, depth }) => (
            <option key={id} value={id}>
              {"\u2003".repeat(depth - 1) + text}
            </option>
          ))}
        </SelectField>
        <Problem error={saving.error ?? removing.error} />
        <div className="flex flex-wrap justify-end gap-2">
          {category ? (
            <Button look="danger" className="mr-auto" disabled={removing.isPending} onClick={() => removing.mutate(category.id)}>
              {removing.isPending ? "Removing…" : "Remove"}
            </Button>
          ) : null}
          <Button type="submit" disabled={saving.isPending || name.trim() === ""}>
            {saving.isPending ? "Saving…" : category ? "Save" : "Add"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function save(category: Category | null, name: string, parent_id: string | null): Promise<Category> {
  const body = { name: name.trim(), parent_id };
  if (!category) return told(api.POST("/api/categories", { body }));
  return told(api.PATCH("/api/categories/{category_id}", { params: { path: { category_id: category.id } }, body }));
}

async function remove(category_id: string): Promise<void> {
  await api.DELETE("/api/categories/{category_id}", { params: { path: { category_id } } });
}

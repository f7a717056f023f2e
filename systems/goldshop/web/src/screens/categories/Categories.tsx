import { count } from "@stackyard/web-kit/format";
import { Button, Card, Drawing, drawings, Empty, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router-dom";

import { categoriesQuery } from "../../api/queries";
import type { Category } from "../../api/types";
import { useIsManager } from "../../app/user";
import { CategoryDialog } from "./CategoryDialog";

const BACK = { to: "/items", label: "Items" };
/** How far in a category stands, by its depth; deeper ones stand as far as the last. */
const INDENTS = ["", "pl-4 md:pl-5", "pl-9 md:pl-12", "pl-14 md:pl-19", "pl-19 md:pl-26", "pl-24 md:pl-33"];

/** The tree that the goods are sorted into. */
export default function Categories() {
  const query = useQuery(categoriesQuery);
  const isManager = useIsManager();
  const [open, setOpen] = useState<Category | "new" | null>(null);
  return (
    <Page title="Categories" back={BACK} aside={isManager ? <Button onClick={() => setOpen("new")}>New category</Button> : null}>
      <Loaded query={query}>
        {(categories) => (
          <>
            {categories.length > 0 ? <Tree categories={categories} {...(isManager && { onEdit: setOpen })} /> : <Empty title="No categories yet" />}
            {open === null ? null : <CategoryDialog category={open === "new" ? null : open} categories={categories} onClose={() => setOpen(null)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Tree({ categories, onEdit }: { categories: Category[]; onEdit?: (category: Category) => void }) {
  return (
    <Card className="max-w-3xl">
      <ul aria-label="Categories" className="divide-y divide-line">
        {categories.map((category) => (
          <li key={category.id} className={`relative flex items-center gap-3 py-1.5 pr-2 hover:bg-sunken/50 md:pr-3 ${INDENTS[category.depth] ?? INDENTS.at(-1)}`}>
            {category.depth > 1 ? <span aria-hidden="true" className="-ml-3 h-px w-2 bg-edge" /> : null}
            <p className="min-w-0 flex-1 py-1.5">
              <Link
                to={`/items?category=${category.id}`}
                className={`hover:text-accent ${category.depth === 1 ? "font-title font-semibold" : "text-sm"}`}
              >
                {category.name}
              </Link>
              {category.depth > 1 ? <span className="sr-only">, below {parentOf(category, categories)?.name}</span> : null}
            </p>
            <p className="text-xs text-muted tabular-nums">{count(category.items, "item")}</p>
            {onEdit ? (
              <button
                type="button"
                aria-label={`Change ${category.name}`}
                className="grid size-10 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
                onClick={() => onEdit(category)}
              >
                <Drawing path={PEN} className="size-4" />
              </button>
            ) : (
              <Drawing path={drawings.next} className="size-4 text-muted" />
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const PEN = "m5 19 1-4L16.500 4.500l3 3L9 18l-4 1Zm9-12 3 3";

/** The category that another one stands in. */
export const parentOf = ({ path }: Category, categories: Category[]): Category | undefined =>
  categories.find((other) => other.path === path.slice(0, path.lastIndexOf(".")) && path.includes("."));

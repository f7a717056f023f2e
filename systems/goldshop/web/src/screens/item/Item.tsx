import { Button, buttonClass, Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router-dom";

import { itemQuery } from "../../api/queries";
import type { Item as Shown } from "../../api/types";
import { useIsManager } from "../../app/user";
import { quantityText, rateText } from "../../format/shop";
import { StockLevel } from "../../ui/StockLevel";
import { AddPicture } from "./AddPicture";
import { EditItem } from "./EditItem";
import { Pictures } from "./Pictures";
import { Variants } from "./Variants";

const BACK = { to: "/items", label: "Items" };

export default function Item() {
  const { id = "" } = useParams();
  const query = useQuery(itemQuery(id));
  return (
    <Page title={query.data?.name ?? "Item"} back={BACK}>
      <Loaded query={query}>{(item) => <Detail key={item.id} item={item} />}</Loaded>
    </Page>
  );
}

function Detail({ item }: { item: Shown }) {
  return (
    <div className="grid gap-6 lg:grid-cols-[20rem_minmax(0,1fr)] lg:items-start">
      <div className="max-lg:max-w-sm">
        <Pictures images={item.images} name={item.name} />
        <AddPicture item={item.id} />
      </div>
      <div className="space-y-6">
        <Facts item={item} />
        <Actions item={item} />
        <Variants item={item} />
      </div>
    </div>
  );
}

function Actions({ item }: { item: Shown }) {
  const isManager = useIsManager();
  const [editing, setEditing] = useState(false);
  return (
    <div className="flex flex-wrap gap-2">
      <Link to={`/labels?item=${item.id}`} className={buttonClass("light")}>
        Labels
      </Link>
      {isManager ? (
        <Button look="light" onClick={() => setEditing(true)}>
          Change the item
        </Button>
      ) : null}
      {editing ? <EditItem item={item} onClose={() => setEditing(false)} /> : null}
    </div>
  );
}

function Facts({ item }: { item: Shown }) {
  return (
    <Card className="p-4 md:p-5">
      <p className="text-sm text-muted">
        <span className="font-mono">{item.sku}</span> · {item.category.name}
        {item.active ? "" : " · no longer sold"}
      </p>
      {item.description ? <p className="mt-2 max-w-prose">{item.description}</p> : null}
      <dl className="mt-5 flex flex-wrap gap-x-10 gap-y-4 text-sm">
        <div>
          <dt className="text-xs text-muted">In stock</dt>
          <dd>
            <StockLevel {...item} className="text-lg" />
          </dd>
        </div>
        {item.stocked ? (
          <div>
            <dt className="text-xs text-muted">Reorder at</dt>
            <dd className="text-lg tabular-nums">{quantityText(item.reorder_level, item.unit)}</dd>
          </div>
        ) : null}
        <div>
          <dt className="text-xs text-muted">VAT</dt>
          <dd className="text-lg tabular-nums">{rateText(item.tax_rate)}</dd>
        </div>
      </dl>
    </Card>
  );
}

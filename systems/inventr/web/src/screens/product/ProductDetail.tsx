import { count, money } from "@stackyard/web-kit/format";
import { Button, Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router-dom";

import { productQuery } from "../../api/queries";
import type { Product } from "../../api/types";
import { useIsManager } from "../../app/user";
import { add, quantityOf } from "../../order/basket";
import { change, useBasket } from "../../order/basketStore";
import { Stock } from "../../ui/Stock";
import { MovementForm } from "./MovementForm";
import { Movements } from "./Movements";

const BACK = { to: "/products", label: "Products" };

export default function ProductDetail() {
  const { id = "" } = useParams();
  const query = useQuery(productQuery(id));
  return (
    <Page title={query.data?.name ?? "Product"} back={BACK}>
      <Loaded query={query}>{(product) => <Detail key={product.id} product={product} />}</Loaded>
    </Page>
  );
}

function Detail({ product }: { product: Product }) {
  const isManager = useIsManager();
  return (
    <div className={`grid gap-6 ${isManager ? "lg:grid-cols-[minmax(0,1fr)_19rem] lg:grid-rows-[auto_1fr] lg:items-start" : ""}`}>
      <Facts product={product} />
      {isManager ? (
        <div className="lg:col-start-2 lg:row-span-2 lg:row-start-1">
          <MovementForm product={product} />
        </div>
      ) : null}
      <Movements productId={product.id} />
    </div>
  );
}

function Facts({ product }: { product: Product }) {
  const held = quantityOf(useBasket(), product.id);
  return (
    <Card className="p-4 md:p-5">
      <p className="text-sm text-muted">
        <span className="font-mono">{product.sku}</span> · {product.category}
      </p>
      {product.description ? <p className="mt-2 max-w-prose">{product.description}</p> : null}
      <dl className="mt-5 flex flex-wrap gap-x-12 gap-y-5">
        <div>
          <dt className="text-xs text-muted">In stock</dt>
          <dd>
            <Stock product={product} large />
            <p className="mt-1 text-xs text-muted">Reorder at {product.reorder_level}</p>
          </dd>
        </div>
        <div>
          <dt className="text-xs text-muted">Price</dt>
          <dd className="text-4xl font-semibold tracking-tight tabular-nums">{money(product.price, product.currency)}</dd>
        </div>
      </dl>
      <div className="mt-5 flex flex-wrap items-center gap-3">
        <Button onClick={() => change(add, product)}>Add to order</Button>
        <p role="status" className="text-sm text-muted">
          {held > 0 ? (
            <>
              {count(held, "piece")} in <Link to="/order" className="text-accent underline">this order</Link>
            </>
          ) : null}
        </p>
      </div>
    </Card>
  );
}

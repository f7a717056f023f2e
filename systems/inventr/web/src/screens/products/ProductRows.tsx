import { money } from "@stackyard/web-kit/format";
import { announce } from "@stackyard/web-kit/live";
import { Button, Card } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import type { Product } from "../../api/types";
import { add, quantityOf } from "../../order/basket";
import { change, useBasket } from "../../order/basketStore";
import { Icon } from "../../ui/Icon";
import { Stock } from "../../ui/Stock";

const COLUMNS = "md:grid md:grid-cols-[minmax(0,1fr)_6.5rem_15rem_8.5rem] md:items-center md:gap-4";

/** Rows on a desk, cards on a phone; the same elements in the same order. */
export function ProductRows({ products }: { products: Product[] }) {
  return (
    <Card>
      <div aria-hidden="true" className={`hidden border-b border-line px-4 py-2 text-xs font-medium text-muted ${COLUMNS}`}>
        <span>Product</span>
        <span className="text-right">Price</span>
        <span className="pl-12">In stock</span>
      </div>
      <ul className="divide-y divide-line">
        {products.map((product) => (
          <Row key={product.id} product={product} />
        ))}
      </ul>
    </Card>
  );
}

function Row({ product }: { product: Product }) {
  const nameId = `name-${product.id}`;
  return (
    <li className={`grid grid-cols-[minmax(0,1fr)_auto_auto] gap-x-4 gap-y-2 px-4 py-3 md:py-2 ${COLUMNS}`}>
      <div className="col-span-2 min-w-0 md:col-span-1">
        <Link to={`/products/${product.id}`} id={nameId} className="font-medium hover:text-accent hover:underline">
          {product.name}
        </Link>
        <p className="truncate text-xs text-muted">
          <span className="font-mono">{product.sku}</span> · {product.category}
        </p>
      </div>
      <p className="text-right tabular-nums">{money(product.price, product.currency)}</p>
      <div className="self-center md:pl-12">
        <Stock product={product} />
      </div>
      <AddToOrder product={product} describedBy={nameId} />
    </li>
  );
}

function AddToOrder({ product, describedBy }: { product: Product; describedBy: string }) {
  const held = quantityOf(useBasket(), product.id);
  const put = () => {
    change(add, product);
    announce(`${product.name}: ${held + 1} in the order.`);
  };
  return (
    <Button look="light" className="relative col-span-2 justify-self-end px-3 whitespace-nowrap md:col-span-1 md:min-h-9" aria-describedby={describedBy} onClick={put}>
      <Icon name="plus" className="size-4" />
      Add to order
      {held > 0 ? (
        <span
          aria-hidden="true"
          className="absolute -top-1.5 -right-1.5 min-w-5 rounded-full bg-accent px-1 text-center text-xs leading-5 font-semibold text-on-accent"
        >
          {held}
        </span>
      ) : null}
    </Button>
  );
}

import { ShareBar } from "@stackyard/web-kit/charts";
import { money } from "@stackyard/web-kit/format";
import { Card, Empty } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import type { TopProduct } from "../../api/types";

/** What sold best, each with a bar beside the best of all. */
export function TopProducts({ products, currency }: { products: TopProduct[]; currency: string }) {
  if (products.length === 0) return <Empty title="Nothing sold yet">The best sellers will be listed here.</Empty>;
  const most = Math.max(...products.map((product) => Number(product.revenue)));
  return (
    <Card>
      <ol className="divide-y divide-line">
        {products.map((product) => (
          <li key={product.product_id} className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 px-4 py-2.5">
            <Link to={`/products/${product.product_id}`} className="truncate font-medium hover:text-accent hover:underline">
              {product.name}
            </Link>
            <span className="text-right font-medium tabular-nums">{money(product.revenue, currency)}</span>
            <ShareBar share={most > 0 ? Number(product.revenue) / most : 0} className="h-1 w-full self-center" />
            <span className="text-right text-xs text-muted tabular-nums">{product.quantity} sold</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

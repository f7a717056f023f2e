import { momentText, signed } from "@stackyard/web-kit/format";
import { Card, Empty, Loaded, SectionTitle, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { movementsQuery } from "../../api/queries";
import type { Movement } from "../../api/types";

/** The last movements of a product's stock, newest first. */
export function Movements({ productId }: { productId: string }) {
  const query = useQuery(movementsQuery(productId));
  return (
    <section>
      <SectionTitle>Movements</SectionTitle>
      <Loaded query={query} skeleton={<Skeleton rows={4} className="h-12" />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No movements yet">Every sale, delivery and correction will be listed here.</Empty>
          ) : (
            <Card>
              <ul className="divide-y divide-line">
                {items.map((movement) => (
                  <Row key={movement.id} movement={movement} />
                ))}
              </ul>
            </Card>
          )
        }
      </Loaded>
    </section>
  );
}

function Row({ movement }: { movement: Movement }) {
  const { quantity, reason, created_at } = movement;
  const more = [movement.note, movement.created_by].filter(Boolean).join(" · ");
  return (
    <li className="flex items-baseline gap-4 px-4 py-2.5">
      <span className={`w-12 shrink-0 text-right font-semibold tabular-nums ${quantity < 0 ? "text-ink" : "text-accent"}`}>
        {signed(quantity)}
      </span>
      <span className="min-w-0 flex-1">
        <span className="inline-block first-letter:uppercase">{reason}</span>
        {more ? <span className="block text-sm break-words text-muted">{more}</span> : null}
      </span>
      <time dateTime={created_at} className="shrink-0 text-xs text-muted">
        {momentText(created_at)}
      </time>
    </li>
  );
}

import { money } from "@stackyard/web-kit/format";
import { Card, Empty, Loaded, SectionTitle, Skeleton } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { topQuery } from "../../api/figures";
import { CURRENCY } from "../../format/shop";
import { Ranked } from "../../ui/Ranked";
import type { Period } from "./period";

interface Props {
  period: Period;
  by: "item" | "category";
  title: string;
}

export function TopSellers({ period, by, title }: Props) {
  const query = useQuery(topQuery(period.days, by));
  return (
    <section className={query.isPlaceholderData ? "opacity-60 transition-opacity" : ""}>
      <SectionTitle>{title}</SectionTitle>
      <Loaded query={query} skeleton={<Skeleton rows={8} className="h-11" />}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nothing was sold">Choose a longer period.</Empty>
          ) : (
            <Card className="overflow-hidden py-1">
              <Ranked
                label={title}
                rows={rows.map(({ id, name, net, profit }) => ({
                  id,
                  name,
                  to: by === "item" ? `/items/${id}` : `/items?category=${id}`,
                  value: Number(net),
                  figure: money(net, CURRENCY),
                  note: `profit ${money(profit, CURRENCY)}`,
                }))}
              />
            </Card>
          )
        }
      </Loaded>
    </section>
  );
}

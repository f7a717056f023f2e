import { useQuery } from "@tanstack/react-query";

import { aboutQuery } from "../../api/figures";

const KEPT = {
  timescaledb: "a TimescaleDB hypertable",
  partitions: "one partition for each month",
} as const;

/** Which goldshop this is, and how it keeps its movements. */
export function About() {
  const about = useQuery(aboutQuery).data;
  if (!about) return null;
  return (
    <p className="mt-10 border-t border-line pt-4 text-xs text-muted">
      goldshop {about.version} · stock movements are kept in {KEPT[about.movements]} · all amounts in {about.currency}
    </p>
  );
}

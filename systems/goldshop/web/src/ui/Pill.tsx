import type { ReactNode } from "react";

const LOOKS = {
  plain: "bg-sunken text-muted",
  gold: "bg-accent-soft text-accent-strong",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
} as const;

/** A word on the state of something. */
export function Pill({ look = "plain", children }: { look?: keyof typeof LOOKS; children: ReactNode }) {
  return <span className={`inline-block rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap ${LOOKS[look]}`}>{children}</span>;
}

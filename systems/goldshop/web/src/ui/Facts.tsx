import type { ReactNode } from "react";

/** What is known of something, each with its name. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 text-sm sm:flex sm:flex-wrap sm:gap-x-10">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-xs text-muted">{name}</dt>
          <dd className="mt-0.5 font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What a document comes to: without tax, the tax, and all of it. */
export function Amounts({ net, tax, gross }: { net: ReactNode; tax: ReactNode; gross: ReactNode }) {
  return (
    <dl className="ml-auto grid w-full max-w-64 grid-cols-[1fr_auto] items-baseline gap-y-1 tabular-nums">
      <dt className="text-sm text-muted">Without VAT</dt>
      <dd className="text-right text-sm">{net}</dd>
      <dt className="text-sm text-muted">VAT</dt>
      <dd className="text-right text-sm">{tax}</dd>
      <dt className="pt-1 font-medium">Total</dt>
      <dd className="pt-1 text-right font-title text-2xl font-semibold tracking-tight">{gross}</dd>
    </dl>
  );
}

import type { ReactNode } from "react";
import { Link } from "react-router-dom";

import { useProduct } from "../shell/product";
import { Drawing, drawings } from "./Icon";

interface Props {
  title: string;
  /** What stands beside the title, such as a figure or an action. */
  aside?: ReactNode;
  /** Where the way back leads, on a page below another. */
  back?: { to: string; label: string };
  children: ReactNode;
}

/** The frame of a screen: its title in the window and on the page, and its content. */
export function Page({ title, aside, back, children }: Props) {
  const { name } = useProduct();
  return (
    <>
      <title>{`${title} · ${name}`}</title>
      {back ? (
        <Link
          to={back.to}
          className="-ml-1.5 mb-1 inline-flex print:hidden min-h-9 items-center gap-0.5 rounded-md pr-2 text-sm text-muted hover:text-ink"
        >
          <Drawing path={drawings.back} className="size-4" />
          {back.label}
        </Link>
      ) : null}
      <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
        <h1 className="font-title text-2xl font-semibold tracking-tight text-balance">{title}</h1>
        {aside}
      </header>
      {children}
    </>
  );
}

/** A white sheet on the page. */
export function Card({ className = "", children }: { className?: string; children: ReactNode }) {
  return <div className={`rounded-xl border border-line bg-surface ${className}`}>{children}</div>;
}

export function SectionTitle({ children }: { children: ReactNode }) {
  return <h2 className="mb-2.5 text-sm font-semibold text-muted">{children}</h2>;
}

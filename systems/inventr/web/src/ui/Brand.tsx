/** The name with its mark: three shelves, filled from the bottom. */
export function Brand({ className = "" }: { className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2.5 text-lg font-semibold tracking-tight ${className}`}>
      <svg viewBox="0 0 32 32" className="size-7" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <g className="fill-on-accent">
          <rect x="7" y="8" width="6" height="4" rx="1" opacity="0.55" />
          <rect x="7" y="14" width="12" height="4" rx="1" opacity="0.8" />
          <rect x="7" y="20" width="18" height="4" rx="1" />
        </g>
      </svg>
      inventr
    </span>
  );
}

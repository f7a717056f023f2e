/** The name with its mark: a ring and its stone. */
export function Brand({ className = "" }: { className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2.5 font-title text-xl font-semibold tracking-tight ${className}`}>
      <svg viewBox="0 0 32 32" className="size-8" fill="none" aria-hidden="true">
        <circle cx="16" cy="20" r="8" className="stroke-gold" strokeWidth="2.25" />
        <path d="M11.600 2.500h8.800l3 3.800-7.400 6.700-7.400-6.700Z" className="fill-gold" />
        <path d="M8.600 6.300h14.800l-7.400 6.700Z" className="fill-accent-strong" />
      </svg>
      goldshop
    </span>
  );
}

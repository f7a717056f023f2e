const PATHS = {
  products: "M4 8.5 12 4l8 4.5v7L12 20l-8-4.5v-7Zm0 0 8 4.5m0 0 8-4.5M12 13v7",
  order: "M5 4h1.6l2 10.5h8.8L19.5 7H7.2M10 19.2h.01M16.5 19.2h.01",
  orders: "M6 3.8h12v16.4l-2.4-1.5-2.4 1.5-2.4-1.5-2.4 1.5L6 18.7V3.8ZM9.2 8.5h5.6M9.2 12.5h5.6",
  revenue: "M4 20h16M7 16.5v-5M12 16.5v-10M17 16.5v-7",
  signOut: "M14 4.5H6v15h8M10.5 12H20m-3.2-3.2L20 12l-3.2 3.2",
  search: "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13Zm4.7-1.8L20 20",
  back: "M14.5 6 8.5 12l6 6",
  next: "m9.5 6 6 6-6 6",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  remove: "m6.5 6.5 11 11m0-11-11 11",
  check: "m5 12.5 4.5 4.5L19 7.5",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing beside a text that says the same, hence hidden from screen readers. */
export function Icon({ name, className = "size-5" }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className={`shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

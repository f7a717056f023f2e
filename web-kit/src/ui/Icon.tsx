/** The drawings that the kit's own parts use, and most apps too: lines in a square of 24. */
export const drawings = {
  signOut: "M14 4.5H6v15h8M10.5 12H20m-3.2-3.2L20 12l-3.2 3.2",
  search: "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13Zm4.7-1.8L20 20",
  back: "M14.5 6 8.5 12l6 6",
  next: "m9.5 6 6 6-6 6",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  remove: "m6.5 6.5 11 11m0-11-11 11",
  check: "m5 12.5 4.5 4.5L19 7.5",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8Zm0-5v1.6m0 14.8V21m9-9h-1.6M4.6 12H3m15.4-6.4-1.2 1.2M6.8 17.2l-1.2 1.2m12.8 0-1.2-1.2M6.8 6.8 5.6 5.6",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  device: "M4 5h16v11H4V5Zm5 15h6m-3-4v4",
} as const;

/** A line drawing beside a text that says the same, hence hidden from screen readers. */
export function Drawing({ path, className = "size-5" }: { path: string; className?: string }) {
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
      <path d={path} />
    </svg>
  );
}

/** An app's icon part: the kit's drawings and its own, by name. */
export function iconsOf<Own extends Record<string, string>>(own: Own) {
  const all: Record<string, string> = { ...drawings, ...own };
  return function Icon({ name, className }: { name: keyof Own | keyof typeof drawings; className?: string }) {
    return <Drawing path={all[String(name)] ?? ""} {...(className === undefined ? {} : { className })} />;
  };
}

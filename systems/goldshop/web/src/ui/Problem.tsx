import { ApiError, describe } from "@stackyard/web-kit/api";

/** Why the server would not do it, with what it says of each value; nothing when it did. */
export function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  const { title, detail } = describe(error);
  const parts = error instanceof ApiError && error.status < 500 ? error.parts : [];
  const more = parts.filter((part) => part.detail && part.detail !== detail);
  return (
    <div role="alert" className="rounded-xl border border-bad/30 bg-bad-soft p-4 text-sm">
      <p className="font-medium text-bad">{title}</p>
      <p className="mt-1">{detail}</p>
      {more.length > 0 ? (
        <ul className="mt-2 list-disc space-y-0.5 pl-5">
          {more.map(({ pointer = "", detail: text }) => (
            <li key={pointer + (text ?? "")}>
              {subject(pointer)}
              {text}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** "/lines/0/quantity" → "Line 1, quantity: ", "/tax_id" → "Tax id: " */
function subject(pointer: string): string {
  const words = pointer
    .replace(/^\/?(body|query)?\/?/, "")
    .replace(/(\w+?)s\/(\d+)/g, (_, noun: string, place: string) => `${noun} ${Number(place) + 1}`)
    .replaceAll("/", ", ")
    .replaceAll("_", " ");
  return words ? `${words.charAt(0).toUpperCase()}${words.slice(1)}: ` : "";
}

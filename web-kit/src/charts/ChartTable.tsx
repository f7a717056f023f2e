import type { Point, Words } from "./series";

/** A chart's figures in words, newest first, folded away until asked for. */
export function ChartTable({ points, words }: { points: readonly Point[]; words: Words }) {
  return (
    <details className="text-sm open:w-full print:hidden">
      <summary className="inline-block min-h-9 cursor-pointer py-1.5 text-muted hover:text-ink">Show as a table</summary>
      <table className="mt-2 w-full max-w-xl text-left tabular-nums">
        <caption className="sr-only">{words.title}</caption>
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-1.5 font-medium">
              {words.unit}
            </th>
            {words.note ? <Head>{words.note}</Head> : null}
            {words.before ? <Head>{words.before}</Head> : null}
            <Head>{words.value}</Head>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ key, label, text, note, before }) => (
            <tr key={key} className="border-b border-line last:border-0">
              <th scope="row" className="py-1.5 font-normal">
                {label}
              </th>
              {words.note ? <Cell>{note}</Cell> : null}
              {words.before ? <Cell>{before?.text}</Cell> : null}
              <Cell>{text}</Cell>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

const Head = ({ children }: { children: string }) => (
  <th scope="col" className="py-1.5 pl-3 text-right font-medium">
    {children}
  </th>
);

const Cell = ({ children }: { children: string | undefined }) => <td className="py-1.5 pl-3 text-right">{children}</td>;

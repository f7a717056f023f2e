import { changeText } from "@stackyard/web-kit/format";
import { Drawing } from "@stackyard/web-kit/ui";

interface Props {
  /** A part of one, such as "0.12"; null when there was nothing before. */
  change: string | null;
  /** What it is compared with, such as "yesterday". */
  from: string;
}

const UP = "M12 19V5m-6 6 6-6 6 6";
const DOWN = "M12 5v14m-6-6 6 6 6-6";
const SAME = "M5 12h14";

/** By how much a figure has changed: an arrow and a number, for those who do not see the colour. */
export function ChangePill({ change, from }: Props) {
  if (change === null) return <span>Nothing {from} to compare with</span>;
  const share = Number(change);
  const [look, path] = share > 0 ? ["bg-good-soft text-good", UP] : share < 0 ? ["bg-bad-soft text-bad", DOWN] : ["bg-sunken text-muted", SAME];
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1.5 gap-y-1">
      <span className={`inline-flex items-center gap-1 rounded-full py-0.5 pr-2 pl-1.5 text-xs font-medium tabular-nums ${look}`}>
        <Drawing path={path} className="size-3" />
        {changeText(share)}
      </span>
      <span className="text-xs text-muted">from {from}</span>
    </span>
  );
}

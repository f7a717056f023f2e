import { money } from "@stackyard/web-kit/format";
import { Card } from "@stackyard/web-kit/ui";
import { type BasketLine, lineTotal, remove, setQuantity } from "../../order/basket";
import { change } from "../../order/basketStore";
import { Icon } from "../../ui/Icon";
import { Quantity } from "./Quantity";

interface Props {
  lines: BasketLine[];
  /** What the server said about a product, by its id. */
  problems: Map<string, string>;
  /** While the order is on its way its lines stay as they are. */
  locked: boolean;
}

export function BasketLines({ lines, problems, locked }: Props) {
  return (
    <Card>
      <ul aria-label="Lines of the order" className="divide-y divide-line">
        {lines.map((line) => (
          <Line key={line.product.id} line={line} problem={problems.get(line.product.id)} locked={locked} />
        ))}
      </ul>
    </Card>
  );
}

function Line({ line, problem, locked }: { line: BasketLine; problem: string | undefined; locked: boolean }) {
  const { product, quantity } = line;
  return (
    <li className={`px-4 py-3 ${problem ? "bg-bad-soft" : ""}`}>
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 sm:grid-cols-[minmax(0,1fr)_auto_6rem_auto]">
        <div className="min-w-0">
          <p className="font-medium">{product.name}</p>
          <p className="text-xs text-muted">
            <span className="font-mono">{product.sku}</span> · {money(product.price, product.currency)} each
          </p>
        </div>
        <div className="max-sm:row-start-2">
          <Quantity
            name={product.name}
            value={quantity}
            disabled={locked}
            onChange={(next) => change(setQuantity, product.id, next)}
          />
        </div>
        <p className="text-right font-medium tabular-nums max-sm:col-start-2 max-sm:row-start-1">
          {money(lineTotal(line), product.currency)}
        </p>
        <button
          type="button"
          aria-label={`Remove ${product.name}`}
          disabled={locked}
          onClick={() => change(remove, product.id)}
          className="-mr-2 grid size-11 place-items-center justify-self-end rounded-lg text-muted hover:text-bad"
        >
          <Icon name="remove" className="size-4.5" />
        </button>
      </div>
      {problem ? (
        <p role="alert" className="mt-1 text-sm font-medium text-bad">
          {problem}
        </p>
      ) : null}
    </li>
  );
}

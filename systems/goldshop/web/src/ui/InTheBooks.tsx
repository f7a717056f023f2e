import { buttonClass } from "@stackyard/web-kit/ui";
import { Link } from "react-router-dom";

import { useIsManager } from "../app/user";

/** The way from a document to what it wrote into the ledger, for those who may read that. */
export function InTheBooks({ transaction }: { transaction: string | null }) {
  const isManager = useIsManager();
  if (!isManager || transaction === null) return null;
  return (
    <Link to={`/ledger/transactions/${transaction}`} className={buttonClass("light")}>
      In the books
    </Link>
  );
}

import { dateText } from "@stackyard/web-kit/format";
import { Loaded, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";

import { balanceSheetQuery } from "../../api/figures";
import { sumOf } from "../../format/books";
import { today } from "../../format/days";
import { Books } from "./Books";
import { Caption, PrintButton, Statement } from "./Statement";
import { useDates } from "./useDates";

/** What there is, and whose it is. */
export default function BalanceSheet() {
  const { dates, put } = useDates({ at: today() });
  const query = useQuery(balanceSheetQuery(dates.at));
  return (
    <Books title="Balance sheet" aside={<PrintButton />}>
      <TextField label="As at" type="date" className="mb-4 max-w-52 print:hidden" value={dates.at} onChange={(event) => put({ at: event.target.value })} />
      <Loaded query={query}>
        {({ at, assets, liabilities, equity, profit, total_assets, total_liabilities_and_equity }) => {
          const owners = [...equity, { code: "", name: "Profit so far", amount: profit }];
          return (
            <>
              <Caption>{`At the end of ${dateText(at)}.`}</Caption>
              <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2 print:grid-cols-2">
                <Statement
                  caption="Assets"
                  parts={[{ title: "Assets", rows: assets, total: { name: "Total assets", amount: total_assets }, isResult: true }]}
                />
                <Statement
                  caption="Liabilities and equity"
                  parts={[
                    { title: "Liabilities", rows: liabilities, total: { name: "Total liabilities", amount: sumOf(liabilities.map(({ amount }) => amount)) } },
                    { title: "Equity", rows: owners, total: { name: "Total equity", amount: sumOf(owners.map(({ amount }) => amount)) } },
                    { title: "", rows: [], total: { name: "Total liabilities and equity", amount: total_liabilities_and_equity }, isResult: true },
                  ]}
                />
              </div>
            </>
          );
        }}
      </Loaded>
    </Books>
  );
}

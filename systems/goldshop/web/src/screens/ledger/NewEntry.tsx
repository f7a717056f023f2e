import { announce } from "@stackyard/web-kit/live";
import { Button, Card, Drawing, drawings, Loaded, Page, TextField } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { useNavigate } from "react-router-dom";

import { useOnce } from "../../api/attempt";
import { api, told } from "../../api/client";
import { accountsQuery } from "../../api/figures";
import type { Account, NewTransaction } from "../../api/types";
import { today } from "../../format/days";
import { Problem } from "../../ui/Problem";
import { EntryLine } from "./EntryLine";
import { EntryBalance } from "./EntryBalance";
import { balanceOf, completed, emptyLine, type Line, postingsOf } from "./entry";

const BACK = { to: "/ledger", label: "Ledger" };

/** An entry by hand: rent, wages, a payment to a supplier. */
export default function NewEntry() {
  const query = useQuery(accountsQuery);
  return (
    <Page title="New entry" back={BACK}>
      <Loaded query={query}>{(accounts) => <Form accounts={accounts} />}</Loaded>
    </Page>
  );
}

function Form({ accounts }: { accounts: Account[] }) {
  const navigate = useNavigate();
  const [at, setAt] = useState(today);
  const [description, setDescription] = useState("");
  const [lines, setLines] = useState<Line[]>([emptyLine(1), emptyLine(2)]);
  const balance = balanceOf(lines);
  const obstacle = description.trim() === "" ? "Say what it is for." : balance.obstacle;
  const posting = useOnce(
    "ledger-entry",
    (body: NewTransaction, header) => told(api.POST("/api/ledger/transactions", { body, params: { header } })),
    ["ledger", "changes"],
    (made) => {
      announce(`${made.number} is posted.`);
      navigate(`/ledger/transactions/${made.id}`);
    },
  );

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (obstacle === null && !posting.isPending) posting.mutate({ at, description: description.trim(), postings: postingsOf(lines) });
  };
  const add = () => setLines((now) => [...now, emptyLine(Math.max(...now.map(({ id }) => id)) + 1)]);

  return (
    <form onSubmit={submit} className="space-y-5">
      <Card className="grid gap-4 p-4 md:grid-cols-[12rem_minmax(0,1fr)] md:p-5">
        <TextField label="Date" type="date" required value={at} onChange={(event) => setAt(event.target.value)} />
        <TextField
          label="What it is for"
          required
          maxLength={200}
          placeholder="Rent for November"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </Card>
      <Card className="overflow-hidden">
        <ul aria-label="Lines" className="divide-y divide-line">
          {lines.map((line, place) => (
            <EntryLine
              key={line.id}
              line={line}
              place={place + 1}
              accounts={accounts}
              onChange={(changed) => setLines((now) => now.map((one) => (one.id === line.id ? changed : one)))}
              onComplete={balance.difference === 0 ? null : () => setLines((now) => completed(now, line.id))}
              onRemove={lines.length > 2 ? () => setLines((now) => now.filter(({ id }) => id !== line.id)) : null}
            />
          ))}
        </ul>
        <div className="border-t border-line px-4 py-2 md:px-5">
          <Button look="light" className="-ml-4 border-transparent" onClick={add}>
            <Drawing path={drawings.plus} className="size-4" />
            Another line
          </Button>
        </div>
        <EntryBalance balance={balance} obstacle={obstacle} />
      </Card>
      <Problem error={posting.error} />
      <Button type="submit" disabled={obstacle !== null || posting.isPending} className="w-full md:w-auto md:px-8">
        {posting.isPending ? "Posting…" : "Post the entry"}
      </Button>
    </form>
  );
}

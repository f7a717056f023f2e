import { announce } from "@stackyard/web-kit/live";
import { Button } from "@stackyard/web-kit/ui";
import { useState } from "react";
import { useNavigate } from "react-router-dom";

import { useChange } from "../../api/attempt";
import { api, told } from "../../api/client";
import type { Transaction } from "../../api/types";
import { Confirm } from "../../ui/Dialog";
import { Problem } from "../../ui/Problem";

/** Takes an entry by hand back; entries of documents are taken back with their document. */
export function Reverse({ transaction }: { transaction: Transaction }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const reversing = useChange(
    (transaction_id: string) => told(api.POST("/api/ledger/transactions/{transaction_id}/reverse", { params: { path: { transaction_id } } })),
    ["ledger", "reports", "dashboard", "changes"],
    (made) => {
      setAsking(false);
      announce(`${transaction.number} was reversed by ${made.number}.`);
      navigate(`/ledger/transactions/${made.id}`);
    },
  );

  if (transaction.source_kind !== "manual" || transaction.reversed_by) return null;
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        Reverse this entry
      </Button>
      {asking ? (
        <Confirm
          title={`Reverse ${transaction.number}?`}
          action="Reverse it"
          look="danger"
          pending={reversing.isPending}
          problem={<Problem error={reversing.error} />}
          onConfirm={() => reversing.mutate(transaction.id)}
          onClose={() => setAsking(false)}
        >
          Nothing in the books is ever changed. A second entry of today mirrors this one, and both stay.
        </Confirm>
      ) : null}
    </>
  );
}

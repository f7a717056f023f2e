import { announce } from "@stackyard/web-kit/live";
import { Card, Loaded, Page } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router-dom";

import { partnerQuery } from "../../api/trade";
import { PartnerForm } from "../../ui/PartnerForm";

export const BACK = { to: "/partners", label: "Partners" };

export default function Partner() {
  const { id = "" } = useParams();
  const query = useQuery(partnerQuery(id));
  const done = useDone();
  return (
    <Page title={query.data?.name ?? "Partner"} back={BACK}>
      <Loaded query={query}>
        {(partner) => (
          <Card className="max-w-2xl p-4 md:p-6">
            <PartnerForm key={partner.id} partner={partner} onDone={done} />
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

/** The way on after somebody was saved. */
export function useDone() {
  const navigate = useNavigate();
  return ({ name }: { name: string }) => {
    announce(`${name} was saved.`);
    navigate("/partners");
  };
}

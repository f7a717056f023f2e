import { Card, Page } from "@stackyard/web-kit/ui";

import { PartnerForm } from "../../ui/PartnerForm";
import { BACK, useDone } from "./Partner";

export default function NewPartner() {
  return (
    <Page title="New partner" back={BACK}>
      <Card className="max-w-2xl p-4 md:p-6">
        <PartnerForm onDone={useDone()} />
      </Card>
    </Page>
  );
}

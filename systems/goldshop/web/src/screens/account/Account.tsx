import { ThemeChoice } from "./ThemeChoice";
import { Button, Card, Page } from "@stackyard/web-kit/ui";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";

import { access } from "../../api/session";
import { useUser } from "../../app/user";
import { Confirm } from "../../ui/Dialog";
import { InstallSetting } from "../../ui/Install";
import { Problem } from "../../ui/Problem";
import { PasswordForm } from "./PasswordForm";

/** One's own account and this device. */
export default function Account() {
  const { name, email, role } = useUser();
  return (
    <Page title="Your account">
      <div className="max-w-2xl space-y-5">
        <Section title={name}>
          <p className="text-sm text-muted">
            {email} · {role}
          </p>
        </Section>
        <Section title="Colours">
          <ThemeChoice />
        </Section>
        <Section title="Password">
          <PasswordForm />
        </Section>
        <Section title="Sessions">
          <SignOutEverywhere />
        </Section>
        <Section title="On this device">
          <InstallSetting />
        </Section>
      </div>
    </Page>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const heading = useId();
  return (
    <Card className="p-5">
      <section aria-labelledby={heading}>
        <h2 id={heading} className="mb-3 font-title text-lg font-semibold">
          {title}
        </h2>
        {children}
      </section>
    </Card>
  );
}

function SignOutEverywhere() {
  const [asking, setAsking] = useState(false);
  const leaving = useMutation({ mutationFn: access.signOutEverywhere });
  return (
    <>
      <p className="mb-4 max-w-prose text-sm text-muted">Lost a phone, or used a computer that is not yours? This ends your sessions on all devices, this one too.</p>
      <Button look="danger" onClick={() => setAsking(true)}>
        Sign out everywhere
      </Button>
      {asking ? (
        <Confirm
          title="Sign out everywhere?"
          action="Sign out"
          look="danger"
          pending={leaving.isPending}
          problem={<Problem error={leaving.error} />}
          onConfirm={() => leaving.mutate()}
          onClose={() => setAsking(false)}
        >
          You sign in again on each device that you go on using.
        </Confirm>
      ) : null}
    </>
  );
}

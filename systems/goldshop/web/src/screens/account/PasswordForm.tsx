import { ApiError } from "@stackyard/web-kit/api";
import { announce } from "@stackyard/web-kit/live";
import { Button, TextField } from "@stackyard/web-kit/ui";
import { useMutation } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { access } from "../../api/session";
import { Problem } from "../../ui/Problem";

/** As short as the server takes. */
const SHORTEST = 12;
const DONE = "Your password is changed. Your other devices have to sign in again.";

interface Passwords {
  current: string;
  next: string;
}

export function PasswordForm() {
  const [mismatch, setMismatch] = useState(false);
  const changing = useMutation({
    mutationFn: ({ current, next }: Passwords) => access.changePassword(current, next),
    onSuccess: () => announce(DONE),
  });

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = new FormData(form);
    const text = (name: string) => typed.get(name) as string;
    const isSame = text("next") === text("again");
    setMismatch(!isSame);
    if (!isSame || changing.isPending) return;
    changing.mutate({ current: text("current"), next: text("next") }, { onSuccess: () => form.reset() });
  };

  return (
    <form onSubmit={submit} className="grid gap-4 md:grid-cols-2">
      <TextField label="Current password" name="current" type="password" autoComplete="current-password" required className="md:col-span-2 md:max-w-[calc(50%-0.5rem)]" />
      <TextField label="New password" name="next" type="password" autoComplete="new-password" minLength={SHORTEST} required hint={`At least ${SHORTEST} characters.`} />
      <TextField label="New password again" name="again" type="password" autoComplete="new-password" required />
      <div className="space-y-4 md:col-span-2">
        {mismatch ? (
          <p role="alert" className="rounded-lg bg-bad-soft p-3 text-sm text-bad">
            The two new passwords differ.
          </p>
        ) : (
          <Refusal error={changing.error} />
        )}
        {changing.isSuccess ? <p className="rounded-lg bg-good-soft p-3 text-sm text-good">{DONE}</p> : null}
        <Button type="submit" disabled={changing.isPending}>
          {changing.isPending ? "Changing…" : "Change password"}
        </Button>
      </div>
    </form>
  );
}

/** A wrong current password is the one refusal that everybody meets. */
function Refusal({ error }: { error: unknown }) {
  if (!(error instanceof ApiError && error.status === 401)) return <Problem error={error} />;
  return (
    <p role="alert" className="rounded-lg bg-bad-soft p-3 text-sm text-bad">
      The current password is not this one.
    </p>
  );
}

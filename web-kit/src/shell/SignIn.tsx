import { useMutation } from "@tanstack/react-query";
import type { SubmitEvent } from "react";

import { ApiError, describe, waitText } from "../api/errors";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { useProduct } from "./product";

interface Credentials {
  email: string;
  password: string;
}

interface Props {
  signIn: (email: string, password: string) => Promise<void>;
  /** Whether the server has ended a session, rather than the person. */
  ended: boolean;
}

/** One sentence that says what to do next. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return describe(error).detail;
  if (error.status === 401) return "Email and password do not match. Check both and try again.";
  if (error.status === 422) return "Enter a full email address, such as name@shop.example.";
  if (error.status === 429) return `Too many attempts. Wait ${waitText(error.retryAfter)}, then try again.`;
  return describe(error).detail;
}

/** Who are you? */
export function SignIn({ signIn, ended }: Props) {
  const { name, Brand, tagline } = useProduct();
  const attempt = useMutation({ mutationFn: ({ email, password }: Credentials) => signIn(email, password) });

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => form.get(name) as string;
    if (!attempt.isPending) attempt.mutate({ email: text("email").trim(), password: text("password") });
  };

  return (
    <main className="mx-auto grid min-h-dvh w-full max-w-sm content-center px-6 pb-16">
      <title>{`Sign in · ${name}`}</title>
      <Brand className="text-2xl" />
      <h1 className="mt-8 font-title text-2xl font-semibold tracking-tight">Sign in</h1>
      <p className="mt-1 text-sm text-muted">{tagline}</p>
      <form onSubmit={submit} className="mt-6 space-y-4">
        {ended && attempt.isIdle ? (
          <p className="rounded-lg bg-accent-soft p-3 text-sm">Your session has ended. Please sign in again.</p>
        ) : null}
        <TextField label="Email" name="email" type="email" autoComplete="username" required />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        <div role="alert">
          {attempt.error ? <p className="rounded-lg bg-bad-soft p-3 text-sm text-bad">{reasonOf(attempt.error)}</p> : null}
        </div>
        <Button type="submit" className="w-full" disabled={attempt.isPending}>
          {attempt.isPending ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}

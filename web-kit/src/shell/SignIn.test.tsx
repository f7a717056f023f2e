import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { problem, serve } from "../testing/server";
import { Session } from "../api/session";
import { SignIn } from "./SignIn";

const session = new Session<object>({ name: "shop" });

async function tryToSignIn() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SignIn signIn={session.signIn} ended={false} />
    </QueryClientProvider>,
  );
  await userEvent.type(screen.getByLabelText("Email"), "clerk@inventr.example");
  await userEvent.type(screen.getByLabelText("Password"), "mistaken");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
}

test("a wrong password is said in plain words", async () => {
  serve(() => problem(401, "Unauthorized"));
  await tryToSignIn();
  expect(await screen.findByText("Email and password do not match. Check both and try again.")).toBeTruthy();
});

test("too many attempts say how long to wait", async () => {
  serve(() => new Response("", { status: 429, headers: { "Retry-After": "60" } }));
  await tryToSignIn();
  expect(await screen.findByText("Too many attempts. Wait 60 seconds, then try again.")).toBeTruthy();
});

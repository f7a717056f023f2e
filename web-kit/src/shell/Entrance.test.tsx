import { act, render, screen } from "@testing-library/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { Session } from "../api/session";
import { fakeCaches } from "../offline/fakes";
import { json, problem, serve } from "../testing/server";
import { Entrance } from "./Entrance";

interface Person {
  id: string;
  name: string;
}

const grant = { access_token: "t", expires_in: 900, user: { id: "u1", name: "Ines" } };
const prefetch = () => Promise.resolve();

function enter(keepsReadings = false) {
  const forget = vi.fn();
  const session = new Session<Person>({ name: "shop", keepsReadings });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Entrance session={session} prefetch={prefetch} forget={forget}>
        {({ name }) => <p>Good morning, {name}</p>}
      </Entrance>
    </QueryClientProvider>,
  );
  return { session, forget };
}

test("whoever has a session goes straight in, and leaves nothing behind on the way out", async () => {
  serve(() => json(grant));
  const { session, forget } = enter();
  expect(await screen.findByText("Good morning, Ines")).toBeTruthy();
  expect(forget).not.toHaveBeenCalled();
  await act(() => session.signOut());
  expect(screen.getByRole("button", { name: "Sign in" })).toBeTruthy();
  expect(forget).toHaveBeenCalledOnce();
});

test("whoever has none signs in", async () => {
  serve(({ path }) => (path === "/api/auth/login" ? json(grant) : problem(401, "No cookie")));
  enter();
  await userEvent.type(await screen.findByLabelText("Email"), "ines@shop.example");
  await userEvent.type(screen.getByLabelText("Password"), "counter-demo-26");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText("Good morning, Ines")).toBeTruthy();
});

test("without a server an app that keeps nothing says so, and tries again when asked", async () => {
  serve(() => Promise.reject(new TypeError("Failed to fetch")));
  enter();
  expect(await screen.findByText("No connection")).toBeTruthy();
  serve(() => json(grant));
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Good morning, Ines")).toBeTruthy();
});

test("without a server an app that keeps what was read lets the last person read on, and nobody after the sign-out", async () => {
  vi.stubGlobal("caches", fakeCaches());
  serve(() => json(grant));
  const first = new Session<Person>({ name: "shop", keepsReadings: true });
  await first.resume();
  serve(() => Promise.reject(new TypeError("Failed to fetch")));
  const { session } = enter(true);
  expect(await screen.findByText("Good morning, Ines")).toBeTruthy();
  await act(() => session.signOut());
  const next = new Session<Person>({ name: "shop", keepsReadings: true });
  await next.resume();
  expect(next.state.get().status).toBe("unreachable");
});

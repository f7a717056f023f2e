import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { access } from "../../api/session";
import { clerk, json, open, problem, serve } from "../../testing/shop";
import { PasswordForm } from "./PasswordForm";

const grant = { access_token: "t", expires_in: 900, user: clerk };

async function change(next: string, again: string) {
  open(<PasswordForm />, "/account");
  await userEvent.type(screen.getByLabelText("Current password"), "vitrine-demo-26");
  await userEvent.type(screen.getByLabelText("New password"), next);
  await userEvent.type(screen.getByLabelText("New password again"), again);
  await userEvent.click(screen.getByRole("button", { name: "Change password" }));
}

async function signedIn(reply: Parameters<typeof serve>[0]) {
  serve(() => json(grant));
  await access.signIn("clerk@goldshop.example", "vitrine-demo-26");
  return serve(reply);
}

test("two new passwords that differ are not sent", async () => {
  const seen = await signedIn(() => json(grant));
  await change("a longer password", "a longer passwort");
  expect(screen.getByRole("alert").textContent).toBe("The two new passwords differ.");
  expect(seen).toEqual([]);
});

test("a wrong current password is said as what it is", async () => {
  await signedIn(() => problem(401, "Unauthorized"));
  await change("a longer password", "a longer password");
  expect((await screen.findByRole("alert")).textContent).toBe("The current password is not this one.");
});

test("a changed password empties the form and says what it means elsewhere", async () => {
  await signedIn(() => json(grant));
  await change("a longer password", "a longer password");
  expect(await screen.findByText(/other devices have to sign in again/u)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("");
});

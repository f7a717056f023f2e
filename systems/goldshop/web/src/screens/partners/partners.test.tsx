import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { json, open, problem, serve } from "../../testing/shop";
import NewPartner from "./NewPartner";
import Partner from "./Partner";

const partner = { id: "a", kind: "supplier", name: "Aurum Casting", email: "", phone: "", address: "", tax_id: "", active: true };

test("what the server says of a value is said at the form", async () => {
  serve(() => problem(422, "Not valid", { detail: "Some values cannot be used.", errors: [{ pointer: "/body/tax_id", detail: "too long" }] }));
  open(<NewPartner />, "/partners/new");
  await userEvent.type(screen.getByLabelText("Name"), "Aurum Casting");
  await userEvent.click(screen.getByLabelText("Supplier"));
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(await screen.findByText("Some values cannot be used.")).toBeTruthy();
  expect(screen.getByRole("listitem").textContent).toBe("Tax id: too long");
});

test("a partner is changed, but not into a customer", async () => {
  const seen = serve(() => json(partner));
  open(<Partner />, "/partners/:id", "/partners/a");
  await userEvent.type(await screen.findByLabelText("Phone"), "+00 555");
  expect(screen.queryByLabelText("Customer")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(seen.find(({ method }) => method === "PATCH")?.body).toEqual({
    name: "Aurum Casting",
    email: "",
    phone: "+00 555",
    address: "",
    tax_id: "",
    active: true,
  });
});

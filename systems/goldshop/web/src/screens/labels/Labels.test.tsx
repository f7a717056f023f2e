import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { json, open, serve } from "../../testing/shop";
import Labels from "./Labels";

const line = { item_id: "i", tax_rate: "0.21", unit_cost: "1.00", net: "3.00" };
const purchase = {
  id: "p-1",
  lines: [
    { ...line, variant_id: "v-54", sku: "RNG-54", name: "Ring", unit: "pc", quantity: "3" },
    { ...line, variant_id: "v-grain", sku: "GRAIN", name: "Casting grain", unit: "g", quantity: "250" },
  ],
};

test("what was received gets a label for each piece, one for goods by weight, and the PDF opens by itself", async () => {
  const opened = vi.fn(() => ({}));
  vi.stubGlobal("open", opened);
  URL.createObjectURL = () => "blob:labels";
  const seen = serve(({ method }) => (method === "POST" ? new Response("%PDF-", { headers: { "Content-Type": "application/pdf" } }) : json(purchase)));
  open(<Labels />, "/labels", "/labels?purchase=p-1");
  await userEvent.click(await screen.findByRole("button", { name: "One more: Copies of the label of Ring" }));
  expect(screen.getByText(/5 labels on 1 sheet/u)).toBeTruthy();
  await userEvent.click(screen.getByLabelText(/Roll/u));
  await userEvent.click(screen.getByRole("button", { name: "Make the PDF" }));
  await vi.waitFor(() => expect(opened).toHaveBeenCalledWith("blob:labels", "_blank"));
  expect(seen.find(({ method }) => method === "POST")?.body).toEqual({
    variants: [
      { variant_id: "v-54", copies: 4 },
      { variant_id: "v-grain", copies: 1 },
    ],
    layout: "roll-58x40",
  });
});

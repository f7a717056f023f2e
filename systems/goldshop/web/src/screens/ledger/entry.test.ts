import { expect, test } from "vitest";

import { balanceOf, completed, emptyLine, type Line, postingsOf } from "./entry";

const line = (id: number, account: string, debit: string, credit: string): Line => ({ id, account, debit, credit });
const rent = [line(1, "6000", "1200.10", ""), line(2, "1020", "", "1200,10"), emptyLine(3)];

test("a balanced entry may be posted: debits above zero, credits below, blank lines left out", () => {
  expect(balanceOf(rent)).toEqual({ debit: 120_010, credit: 120_010, difference: 0, obstacle: null });
  expect(postingsOf(rent)).toEqual([
    { account_code: "6000", amount: "1200.10" },
    { account_code: "1020", amount: "-1200.10" },
  ]);
});

test("cents that binary fractions lose are kept: 0.10 and 0.20 are 0.30", () => {
  expect(balanceOf([line(1, "6000", "0.10", ""), line(2, "6100", "0.20", ""), line(3, "1020", "", "0.30")]).obstacle).toBeNull();
});

test.each([
  ["a cent too little", [line(1, "6000", "10.00", ""), line(2, "1020", "", "9.99")], "Debits and credits differ."],
  ["one line", [line(1, "6000", "10.00", "")], "An entry has at least two lines."],
  ["no account", [line(1, "", "10.00", ""), line(2, "1020", "", "10.00")], "A line has no account yet."],
  ["no amount", [line(1, "6000", "10.00", ""), line(2, "1020", "", "10.00"), line(3, "6100", "", "")], "A line has no amount yet."],
  ["both sides", [line(1, "6000", "10.00", "10.00"), line(2, "1020", "", "10.00")], "A line has either a debit or a credit."],
  ["not a number", [line(1, "6000", "ten", ""), line(2, "1020", "", "10.00")], "An amount cannot be read: write it like 12.50."],
  ["three decimals", [line(1, "6000", "1.005", ""), line(2, "1020", "", "1.005")], "An amount cannot be read: write it like 12.50."],
])("%s keeps it from being posted", (_, lines, obstacle) => expect(balanceOf(lines).obstacle).toBe(obstacle));

test("what is missing goes where there is no amount yet", () => {
  const lines = [line(1, "6000", "10.00", ""), line(2, "6500", "0.35", ""), line(3, "1020", "", "")];
  expect(completed(lines, 3)[2]).toEqual(line(3, "1020", "", "10.35"));
  expect(completed([line(1, "1020", "", "7.00"), emptyLine(2)], 2)[1]).toMatchObject({ debit: "7.00", credit: "" });
});

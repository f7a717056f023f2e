import { expect, test } from "vitest";

import { plusMonths } from "../../format/days";
import { periodOf } from "./period";

const TODAY = "2026-11-21";
const period = (address: string) => periodOf(new URLSearchParams(address), TODAY);

test("without a wish it is the last four weeks by day, compared with the four before", () => {
  expect(period("")).toMatchObject({
    by: "day",
    days: { from: "2026-10-25", to: "2026-11-21" },
    before: { from: "2026-09-27", to: "2026-10-24" },
    beforeName: "The 28 days before",
  });
});

test("twelve months begin with a whole one and are compared with those of a year before", () => {
  expect(period("period=12m")).toMatchObject({
    by: "month",
    days: { from: "2025-12-01", to: "2026-11-21" },
    before: { from: "2024-12-01", to: "2025-11-21" },
  });
});

test("thirteen weeks begin on a Monday, and the one that is not over is compared with as much of its own", () => {
  expect(period("period=13w")).toMatchObject({
    by: "week",
    days: { from: "2026-08-24", to: "2026-11-21" },
    before: { from: "2026-05-25", to: "2026-08-22" },
  });
  expect(periodOf(new URLSearchParams("period=13w"), "2026-11-22").days.from).toBe("2026-08-24");
  expect(periodOf(new URLSearchParams("period=13w"), "2026-11-23").days.from).toBe("2026-08-31");
});

test("own days are gathered as fits their number, unless the address says how", () => {
  expect(period("period=own&from=2026-01-01&to=2026-03-31").by).toBe("week");
  expect(period("period=own&from=2026-01-01&to=2026-03-31&by=month").by).toBe("month");
  expect(period("period=own&from=2026-03-01&to=2026-03-01")).toMatchObject({
    before: { from: "2026-02-28", to: "2026-02-28" },
    beforeName: "The day before",
  });
});

test.each(["period=own", "period=own&from=2026-05-01&to=2026-04-01", "period=own&from=x&to=y", "period=?"])(
  "an address that makes no sense (%s) shows four weeks",
  (address) => expect(period(address).days).toEqual({ from: "2026-10-25", to: "2026-11-21" }),
);

test("a month later than the 31st is the last day of a shorter month", () => {
  expect(plusMonths("2026-01-31", 1)).toBe("2026-02-28");
  expect(plusMonths("2024-02-29", -12)).toBe("2023-02-28");
});

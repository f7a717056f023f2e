import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { useWedge } from "./useWedge";

function Counter({ onScan }: { onScan: (code: string) => void }) {
  useWedge(onScan);
  return (
    <>
      <input aria-label="Note" />
      <button type="button">Pay</button>
    </>
  );
}

const type = (text: string, target: Element) => {
  for (const key of [...Array.from(text), "Enter"]) fireEvent.keyDown(target, { key });
};

test("a scanner is heard beside the fields, with the address of a QR code and its slashes", () => {
  const [heard, slash] = [vi.fn(), vi.fn()];
  document.addEventListener("keydown", slash);
  render(<Counter onScan={heard} />);
  type("https://goldshop.localhost/v/RNG-1", screen.getByRole("button"));
  expect(heard).toHaveBeenCalledWith("https://goldshop.localhost/v/RNG-1");
  expect(slash.mock.calls.map(([event]) => (event as KeyboardEvent).key)).toEqual(["h"]);
  document.removeEventListener("keydown", slash);
});

test("what is typed into a field, or too short for a code, is nobody's scan", () => {
  const heard = vi.fn();
  render(<Counter onScan={heard} />);
  type("2000000000015", screen.getByLabelText("Note"));
  type("12", screen.getByRole("button"));
  expect(heard).not.toHaveBeenCalled();
});

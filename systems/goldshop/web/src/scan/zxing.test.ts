import { expect, test } from "vitest";

import { decodePixels } from "./zxing";

/** An EAN-13 drawn as black and white bars, three pixels to the narrowest. */
function drawn(code: string) {
  const left = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"];
  const parity = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"];
  const flip = (bits: string) => bits.replaceAll(/[01]/g, (bit) => (bit === "0" ? "1" : "0"));
  const digits = Array.from(code, Number);
  const pattern = parity[digits[0] ?? 0] ?? "";
  const half = digits.slice(1, 7).map((digit, place) => {
    const bits = left[digit] ?? "";
    return pattern[place] === "L" ? bits : Array.from(flip(bits)).reverse().join("");
  });
  const other = digits.slice(7).map((digit) => flip(left[digit] ?? ""));
  const quiet = "0".repeat(12);
  const bars = `${quiet}101${half.join("")}01010${other.join("")}101${quiet}`;
  const [width, height] = [bars.length * 3, 60];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at += 1) {
    data.fill(bars[Math.floor((at % width) / 3)] === "1" ? 0 : 255, at * 4, at * 4 + 3);
  }
  return { data, width, height };
}

test("a barcode of the shop's own is read from a picture", () => {
  expect(decodePixels(drawn("2000000000015"))).toBe("2000000000015");
});

test("a picture without a code has none", () => {
  expect(decodePixels({ data: new Uint8ClampedArray(300 * 60 * 4).fill(255), width: 300, height: 60 })).toBeNull();
});

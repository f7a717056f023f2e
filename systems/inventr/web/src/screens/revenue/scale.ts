/** The smallest round number (1, 2, 3, 4, 6 or 8 times a power of ten) that is not below the value; 1 for nothing. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 3, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

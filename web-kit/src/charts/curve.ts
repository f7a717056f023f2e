export interface Place {
  x: number;
  y: number;
}

/** A smooth line through places in the order of their x that never rises above or falls below its neighbours. */
export function curve(places: readonly Place[]): string {
  const [first, ...rest] = places;
  if (!first) return "";
  const slopes = slopesOf(places);
  return rest.reduce((path, place, index) => {
    const from = places[index] ?? first;
    const third = (place.x - from.x) / 3;
    const leave = from.y + third * (slopes[index] ?? 0);
    const arrive = place.y - third * (slopes[index + 1] ?? 0);
    return `${path}C${px(from.x + third)} ${px(leave)} ${px(place.x - third)} ${px(arrive)} ${px(place.x)} ${px(place.y)}`;
  }, `M${px(first.x)} ${px(first.y)}`);
}

/** Level at each top and bottom, and elsewhere the harmonic mean of both sides, which cannot overshoot. */
function slopesOf(places: readonly Place[]): number[] {
  const steps = places.slice(1).map((place, index) => {
    const from = places[index] ?? place;
    return place.x === from.x ? 0 : (place.y - from.y) / (place.x - from.x);
  });
  return places.map((_, index) => {
    const before = steps[index - 1];
    const after = steps[index];
    if (before === undefined || after === undefined) return before ?? after ?? 0;
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  });
}

const px = (value: number): string => String(Math.round(value * 100) / 100);

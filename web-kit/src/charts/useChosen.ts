import { type KeyboardEvent, useState } from "react";

/** How far Page Up and Page Down go. */
const PAGE = 7;

/** Which of `count` points is looked at, by pointer or by keyboard; null for none in particular. */
export function useChosen(count: number) {
  const [chosen, choose] = useState<number | null>(null);
  const last = count - 1;
  const moves: Record<string, (from: number) => number> = {
    ArrowLeft: (from) => from - 1,
    ArrowDown: (from) => from - 1,
    ArrowRight: (from) => from + 1,
    ArrowUp: (from) => from + 1,
    PageDown: (from) => from - PAGE,
    PageUp: (from) => from + PAGE,
    Home: () => 0,
    End: () => last,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    choose(Math.min(last, Math.max(0, move(chosen === null ? last : Math.min(chosen, last)))));
  };
  return { chosen: chosen === null ? null : Math.min(chosen, last), choose, onKeyDown };
}

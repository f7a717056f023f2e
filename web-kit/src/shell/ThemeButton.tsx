import { useObservable } from "../store/observable";
import { Drawing, drawings } from "../ui/Icon";
import { type Theme, theme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const WORDS: Record<Theme, string> = { system: "as the device", light: "light", dark: "dark" };
const DRAWINGS: Record<Theme, string> = { system: drawings.device, light: drawings.sun, dark: drawings.moon };

/** Goes round the themes: as the device, light, dark. */
export function ThemeButton() {
  const now = useObservable(theme);
  return (
    <button
      type="button"
      onClick={() => theme.set(NEXT[now])}
      aria-label={`Colours: ${WORDS[now]}. Change to ${WORDS[NEXT[now]]}.`}
      title={`Colours: ${WORDS[now]}`}
      className="grid size-11 shrink-0 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
    >
      <Drawing path={DRAWINGS[now]} />
    </button>
  );
}

import { type Theme, theme } from "@stackyard/web-kit/shell";
import { useObservable } from "@stackyard/web-kit/store";

import { Segments } from "../../ui/inputs";

const THEMES: readonly { value: Theme; label: string }[] = [
  { value: "system", label: "As the device" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function ThemeChoice() {
  return <Segments label="Theme" value={useObservable(theme)} options={THEMES} onChoose={theme.set} />;
}

import { observable } from "../store/observable";

/** What a person chose to see: the device's own way, light, or dark. */
export type Theme = "system" | "light" | "dark";

const PLACE = "theme";

/** The theme of this browser; it outlives the tab. */
export const theme = observable<Theme>("system");

/** Reads the choice of last time and follows every later one. Call it before the first screen is drawn. */
export function followTheme(): void {
  theme.subscribe(() => {
    show(theme.get());
    remember(theme.get());
  });
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") theme.set(chosen);
}

/** The styles look at the root element: see styles.css. */
function show(chosen: Theme): void {
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}

function remember(chosen: Theme): void {
  try {
    localStorage.setItem(PLACE, chosen);
  } catch {
    // Without storage (private windows of some browsers) the choice lives as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

import { observable } from "../store/observable";

/** What browsers that can install an app give to the page; not in the standard, hence not in the types. */
interface InstallEvent extends Event {
  prompt: () => Promise<unknown>;
}

/** Asks the person whether the app shall be installed; null where the browser does not offer it, or it has been done. */
export const installOffer = observable<(() => Promise<void>) | null>(null);

/** Takes the browser's offer, so that the app itself says when it fits. Call it before the first screen is drawn. */
export function followInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installOffer.set(async () => {
      // An offer can be used once, whatever the answer is.
      installOffer.set(null);
      await (event as InstallEvent).prompt();
    });
  });
  addEventListener("appinstalled", () => installOffer.set(null));
}

/** Whether the app runs as an installed one. */
export const isInstalled = (): boolean => matchMedia("(display-mode: standalone)").matches;

import { installOffer, isInstalled } from "@stackyard/web-kit/shell";
import { useObservable } from "@stackyard/web-kit/store";
import { Button } from "@stackyard/web-kit/ui";
import { useState } from "react";

const PLACE = "install-hint-closed";

/** Offers to put the app on this device, until somebody says no. Nothing where the browser cannot, or it is there. */
export function InstallCard() {
  const offer = useObservable(installOffer);
  const [isClosed, setClosed] = useState(wasClosed);
  if (!offer || isClosed) return null;
  const close = () => {
    setClosed(true);
    try {
      localStorage.setItem(PLACE, "yes");
    } catch {
      // Without storage (private windows of some browsers) it comes back with the next visit.
    }
  };
  return (
    <aside aria-label="Install" className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-xl bg-accent-soft px-5 py-4">
      <p className="text-sm">
        <span className="font-medium">Keep goldshop on this device.</span>{" "}
        <span className="text-muted">It opens in a window of its own, and what was read stays readable without a network.</span>
      </p>
      <div className="flex gap-2">
        <Button onClick={() => void offer()}>Install</Button>
        <Button look="quiet" onClick={close}>
          Not now
        </Button>
      </div>
    </aside>
  );
}

function wasClosed(): boolean {
  try {
    return localStorage.getItem(PLACE) !== null;
  } catch {
    return false;
  }
}

/** The same, where one looks for it: always there, with what to do where the browser does not offer it. */
export function InstallSetting() {
  const offer = useObservable(installOffer);
  if (isInstalled()) return <p className="text-sm text-muted">goldshop is installed on this device.</p>;
  if (offer) return <Button onClick={() => void offer()}>Install goldshop</Button>;
  return (
    <p className="max-w-prose text-sm text-muted">
      This browser does not offer it by itself. On an iPhone or iPad: Share, then “Add to Home Screen”. On a desk: “Install” in the browser’s menu.
    </p>
  );
}

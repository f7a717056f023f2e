import { Button, Drawing, drawings } from "@stackyard/web-kit/ui";
import { type MouseEvent, type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A sheet above the page: the browser holds the focus in it, Escape and a click beside it close it. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  const closeBeside = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onClick={closeBeside}
      onClose={() => {
        if (!dialog.current?.open) onClose();
      }}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(32rem,calc(100vw-2rem))] rounded-2xl border border-line bg-surface text-ink shadow-2xl backdrop:bg-black/45"
    >
      <div className="p-5 md:p-6">
        <div className="mb-4 flex items-start justify-between gap-4">
          <h2 id={heading} className="font-title text-xl font-semibold tracking-tight text-balance">
            {title}
          </h2>
          <button
            type="button"
            aria-label="Close"
            onClick={onClose}
            className="-m-2 grid size-10 shrink-0 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
          >
            <Drawing path={drawings.remove} />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** What the button says, such as "Receive". */
  action: string;
  look?: "primary" | "danger";
  pending: boolean;
  /** What went wrong the last time. */
  problem: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something is done that cannot simply be undone. */
export function Confirm({ title, action, look = "primary", pending, problem, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="space-y-4">
        <div className="text-sm">{children}</div>
        {problem}
        <div className="flex flex-wrap justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button look={look} disabled={pending} onClick={onConfirm}>
            {pending ? "One moment…" : action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

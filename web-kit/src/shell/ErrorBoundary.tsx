import { Component, type ReactNode } from "react";

import { Button } from "../ui/Button";

/** Catches what a screen could not handle, such as a part of the app that a newer release has replaced. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert" className="mx-auto max-w-sm px-6 py-20 text-center">
        <h1 className="text-xl font-semibold">This page could not be shown</h1>
        <p className="mt-2 text-sm text-muted">The app may have been updated, or the connection was lost while it was loading.</p>
        <Button className="mt-5" onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    );
  }
}

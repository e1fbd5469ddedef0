// Appears when something was changed and not saved yet. Its room is always there, so nothing jumps.

import { type ReactNode, useEffect } from "react";

export function SaveBar({ changed, children }: { changed: boolean; children: ReactNode }) {
  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [changed]);
  return (
    <div className="flex min-h-13 flex-wrap items-center justify-end gap-2 border-t border-line bg-sunken px-4 py-2.5 sm:px-5">
      {changed ? (
        <>
          <span className="mr-auto text-sm text-ink-2">Not saved yet</span>
          {children}
        </>
      ) : (
        <span className="mr-auto text-sm text-ink-3">Everything is saved</span>
      )}
    </div>
  );
}

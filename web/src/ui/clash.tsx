// Somebody else saved first: both versions side by side, and the choice.

import { GitCompareArrows } from "lucide-react";
import { Button } from "./button";

export function Clash({
  what,
  yours,
  theirs,
  onKeepYours,
  onTakeTheirs,
}: {
  what: string;
  yours: Record<string, string>;
  theirs: Record<string, string>;
  onKeepYours: () => void;
  onTakeTheirs: () => void;
}) {
  const fields = Object.keys(yours).filter((f) => yours[f] !== theirs[f]);
  return (
    <div role="alert" className="rounded-lg border border-line bg-warn-soft p-3.5 text-sm">
      <p className="flex items-center gap-2 font-medium text-ink">
        <GitCompareArrows className="size-4 text-warn-text" aria-hidden="true" />
        Somebody changed {what} while you were editing
      </p>
      <p className="mt-0.5 text-ink-2">Nothing of yours is lost. Compare, then choose.</p>
      {fields.length > 0 && (
        <table className="mt-3 w-full text-left">
          <thead>
            <tr className="text-xs text-ink-2">
              <th scope="col" className="py-1 pr-3 font-medium">
                Field
              </th>
              <th scope="col" className="py-1 pr-3 font-medium">
                Theirs, saved
              </th>
              <th scope="col" className="py-1 font-medium">
                Yours, not saved
              </th>
            </tr>
          </thead>
          <tbody>
            {fields.map((f) => (
              <tr key={f} className="align-top text-ink">
                <th scope="row" className="py-1 pr-3 font-normal text-ink-2">
                  {f}
                </th>
                <td className="py-1 pr-3 wrap-anywhere">{theirs[f] || "empty"}</td>
                <td className="py-1 font-medium wrap-anywhere">{yours[f] || "empty"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button size="sm" onClick={onTakeTheirs}>
          Take theirs
        </Button>
        <Button size="sm" kind="primary" onClick={onKeepYours}>
          Save mine over it
        </Button>
      </div>
    </div>
  );
}

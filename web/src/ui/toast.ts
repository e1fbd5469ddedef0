// Short messages at the edge of the screen: what happened, and the way back.

import { toast } from "sonner";
import { asProblem } from "@/api/problem";

export function said(message: string): void {
  toast(message);
}

/** "Archived Spring sale" with an Undo that stays for eight seconds. */
export function saidWithUndo(message: string, undo: () => Promise<unknown>, undone: string): void {
  toast(message, {
    duration: 8000,
    action: {
      label: "Undo",
      onClick: () => void undo().then(() => said(undone), (error) => failed("Could not undo", error)),
    },
  });
}

/** Something asked for did not happen. `what` names it: "Could not archive Spring sale". */
export function failed(what: string, error: unknown): void {
  const problem = asProblem(error);
  toast.error(what, {
    description: [problem.detail, problem.remedy, problem.requestId && `Request ${problem.requestId}`]
      .filter(Boolean)
      .join(" "),
    duration: 10_000,
    closeButton: true,
  });
}

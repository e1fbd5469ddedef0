// How a request's state is said.

import type { Approval, ApprovalState } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";

const SAID: Record<ApprovalState, { text: string; tone: Tone }> = {
  waiting: { text: "Waiting", tone: "spark" },
  approved: { text: "Approved", tone: "good" },
  executing: { text: "Approved, under way", tone: "accent" },
  done: { text: "Approved and done", tone: "good" },
  sent_back: { text: "Sent back", tone: "warn" },
  expired: { text: "Expired", tone: "neutral" },
  withdrawn: { text: "Withdrawn", tone: "neutral" },
  failed: { text: "Approved, but failed", tone: "bad" },
};

export function ApprovalBadge({ state }: { state: ApprovalState }) {
  const { text, tone } = SAID[state];
  return (
    <Badge tone={tone} dot>
      {text}
    </Badge>
  );
}

/** The approve button says what will happen. */
export function approveLabel(approval: Approval): string {
  if (approval.kind === "spending.raise_limit") return "Approve and raise the limit";
  if (approval.kind === "privacy.erase") return "Approve and erase for good";
  return "Approve";
}

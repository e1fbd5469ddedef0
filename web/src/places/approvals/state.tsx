// How a request's state is said.

import type { Approval, ApprovalState } from "@/api/types";
import { formatMoney, isMoney } from "@/lib/money";
import { Badge, type Tone } from "@/ui/badge";

const SAID: Record<ApprovalState, { text: string; tone: Tone }> = {
  waiting: { text: "Waiting", tone: "spark" },
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

/** Once its subject is erased, the request no longer says what it was about. */
export function isErased(approval: Approval): boolean {
  return approval.diff.length === 0;
}

/** What is asked for, in one line, with money as it is written everywhere else. */
export function requestName(approval: Approval): string {
  const limit = approval.diff.find((line) => line.field === "limit")?.after;
  if (approval.kind === "spending.raise_limit" && isMoney(limit)) return `Raise the spending limit to ${formatMoney(limit)}`;
  if (approval.kind === "privacy.erase" && !isErased(approval)) return `${approval.title}: ${approval.subject.label}`;
  return approval.title;
}

/** The approve button says what will happen. */
export function approveLabel(approval: Approval): string {
  if (approval.kind === "spending.raise_limit") return "Approve and raise the limit";
  if (approval.kind === "privacy.erase") return "Approve and erase for good";
  return "Approve";
}

// The first steps, ticked by what is really there. Gone once everything is done.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { approvalSettingsQuery, invitationsQuery, keysQuery, membersQuery, projectsQuery, spendingQuery } from "@/api/queries";
import { useMe } from "@/api/viewer";
import { CAN, may } from "@/lib/permissions";
import { Section } from "@/ui/page";

export interface Step {
  title: string;
  hint: string;
  to: string;
  search: Record<string, string>;
  /** Undefined while it is not known. */
  done: boolean | undefined;
}

export function GettingStarted({ steps }: { steps: Step[] }) {
  const done = steps.filter((s) => s.done).length;
  if (steps.length === 0 || steps.some((s) => s.done === undefined) || done === steps.length) return null;
  return (
    <Section
      title="Getting started"
      actions={
        <span className="text-xs text-ink-3 figures">
          {done} of {steps.length} done
        </span>
      }
    >
      <div className="h-1 bg-hover" aria-hidden="true">
        <div className="h-full bg-spark transition-[width] duration-300" style={{ width: `${(done / steps.length) * 100}%` }} />
      </div>
      <ul className="py-1">
        {steps.map((step) => (
          <li key={step.title}>
            <Link to={step.to} search={step.search} data-focus-inset className="flex items-start gap-2.5 px-4 py-2 hover:bg-sunken">
              <span
                className={`mt-0.5 grid size-4.5 shrink-0 place-items-center rounded-full border ${step.done ? "border-good bg-good-soft text-good-text" : "border-line-strong"}`}
              >
                {step.done && <Check className="size-3" strokeWidth={3} aria-hidden="true" />}
              </span>
              <span className="min-w-0">
                <span className={`block text-sm ${step.done ? "text-ink-3 line-through" : "font-medium text-ink"}`}>
                  {step.title}
                  <span className="sr-only">{step.done ? " (done)" : " (to do)"}</span>
                </span>
                {!step.done && <span className="block text-xs text-ink-3">{step.hint}</span>}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function useSteps(): { steps: Step[]; loading: boolean } {
  const me = useMe();
  const can = (permission: string) => may(me, permission);
  const team = can(CAN.manageTeam);
  const members = useQuery({ ...membersQuery, enabled: team });
  const invitations = useQuery({ ...invitationsQuery, enabled: team });
  const projects = useInfiniteQuery({ ...projectsQuery({}), enabled: can(CAN.writeProjects) });
  const keys = useQuery({ ...keysQuery, enabled: can(CAN.manageKeys) });
  const spending = useQuery({ ...spendingQuery, enabled: can(CAN.changeSpending) });
  const thresholds = useQuery({ ...approvalSettingsQuery, enabled: can(CAN.manageWorkspace) });

  const steps: (Step & { open: boolean })[] = [
    {
      open: can(CAN.writeProjects),
      title: "Create a project",
      hint: "One launch, one client, one season.",
      to: "/projects",
      search: { new: "1" },
      done: projects.data && (projects.data.pages[0]?.items.length ?? 0) > 0,
    },
    {
      open: team,
      title: "Invite someone",
      hint: "Big things need a second pair of eyes.",
      to: "/team",
      search: { new: "1" },
      done: members.data && invitations.data && (members.data.items.length > 1 || invitations.data.items.some((i) => i.state === "pending")),
    },
    {
      open: can(CAN.changeSpending),
      title: "Set the spending limit",
      hint: "Nothing ever spends more than this.",
      to: "/settings",
      search: { tab: "spending" },
      done: spending.data && (spending.data.updated_at !== null || spending.data.pending_approval_id !== null),
    },
    {
      open: can(CAN.manageWorkspace),
      title: "Decide when a person is asked",
      hint: "Amounts and changes that wait for an approval.",
      to: "/settings",
      search: { tab: "approvals" },
      done: thresholds.data && thresholds.data.version > 1,
    },
    {
      open: can(CAN.manageKeys),
      title: "Make a key",
      hint: "For your website, a server, or a script.",
      to: "/keys",
      search: { new: "1" },
      done: keys.data && keys.data.items.length > 0,
    },
  ];
  const loading = [members, invitations, projects, keys, spending, thresholds].some((q) => q.isLoading);
  return { steps: steps.filter((s) => s.open), loading };
}

// How much may be spent, and whether a raise is waiting.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { spendingQuery } from "@/api/queries";
import { formatMoney } from "@/lib/money";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { Bone } from "@/ui/skeleton";

export function SpendingCard() {
  const query = useQuery(spendingQuery);
  return (
    <Section title="Spending limit">
      <Loaded
        query={query}
        subject="the spending limit"
        skeleton={
          <div className="px-4 py-3.5">
            <Bone className="h-8 w-28" />
          </div>
        }
      >
        {(spending) => (
          <div className="px-4 py-3.5">
            <p className="text-2xl font-semibold tracking-tight text-ink figures">{formatMoney(spending.limit)}</p>
            {spending.pending_approval_id ? (
              <Link
                to="/approvals/$approvalId"
                params={{ approvalId: spending.pending_approval_id }}
                className="inline-flex min-h-6 items-center text-sm font-medium text-spark-text hover:underline"
              >
                A raise waits for a decision
              </Link>
            ) : (
              <Link to="/settings" search={{ tab: "spending" }} className="inline-flex min-h-6 items-center text-sm font-medium text-accent-text hover:underline">
                Change the limit
              </Link>
            )}
          </div>
        )}
      </Loaded>
    </Section>
  );
}

// Home: what waits for me, what runs, what happened. What comes first depends on the role.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { approvalsQuery, auditQuery, jobsQuery, jobSummaryQuery, projectsQuery, spendingQuery } from "@/api/queries";
import { useMay, useMe } from "@/api/viewer";
import type { Role } from "@/api/types";
import { CAN } from "@/lib/permissions";
import { browserZone, formatDate, zoneCity } from "@/lib/time";
import { useNow } from "@/ui/now";
import { Card, Page, PageHeader } from "@/ui/page";
import { Bone, RowsSkeleton } from "@/ui/skeleton";
import { ActivityChart } from "./activity-chart";
import { GettingStarted, useSteps } from "./getting-started";
import { Happened } from "./happened";
import { RecentProjects } from "./recent-projects";
import { Running } from "./running";
import { SpendingCard } from "./spending-card";
import { Waiting } from "./waiting";

const FIRST: Record<Role, ("waiting" | "projects" | "happened")[]> = {
  admin: ["waiting", "happened", "projects"],
  approver: ["waiting", "happened", "projects"],
  marketer: ["projects", "waiting", "happened"],
  analyst: ["happened", "projects", "waiting"],
};

export function Home() {
  const me = useMe();
  const readsAudit = useMay(CAN.readAudit);
  const { main, side } = useFirstLoad();
  const started = useSteps();
  const blocks = {
    waiting: <Waiting key="waiting" />,
    projects: <RecentProjects key="projects" />,
    happened: readsAudit ? <Happened key="happened" /> : null,
  };
  return (
    <Page>
      <Greeting />
      <div className="grid items-start gap-x-8 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="min-w-0">
          {main ? <ColumnSkeleton rows={[2, 8]} label="what waits and what happened" /> : FIRST[me.role ?? "analyst"].map((name) => blocks[name])}
        </div>
        <div className="min-w-0">
          {side || started.loading ? (
            <ColumnSkeleton rows={[4, 1, 2]} label="your workspace" />
          ) : (
            <>
              <GettingStarted steps={started.steps} />
              <SpendingCard />
              <Running />
              {readsAudit && <ActivityChart />}
            </>
          )}
        </div>
      </div>
    </Page>
  );
}

/** A column is shown when all of it is there, so that nothing in it is pushed around. */
function useFirstLoad(): { main: boolean; side: boolean } {
  const approvals = useInfiniteQuery({ ...approvalsQuery("open"), enabled: useMay(CAN.readApprovals) });
  const audit = useInfiniteQuery({ ...auditQuery({}), enabled: useMay(CAN.readAudit) });
  const projects = useInfiniteQuery({ ...projectsQuery({}), enabled: useMay(CAN.readProjects) });
  const spending = useQuery(spendingQuery);
  const readsJobs = useMay(CAN.readJobs);
  const summary = useQuery({ ...jobSummaryQuery, enabled: readsJobs });
  const running = useInfiniteQuery({ ...jobsQuery({ state: "running" }), enabled: readsJobs });
  return {
    main: approvals.isLoading || audit.isLoading || projects.isLoading,
    side: spending.isLoading || summary.isLoading || running.isLoading,
  };
}

function ColumnSkeleton({ rows, label }: { rows: number[]; label: string }) {
  return rows.map((n, i) => (
    <div key={n} className="mb-6">
      <Bone className="mt-1 mb-4 h-4 w-32" />
      <Card>
        <RowsSkeleton rows={n} label={i === 0 ? label : "more"} />
      </Card>
    </div>
  ));
}

function Greeting() {
  const me = useMe();
  const now = useNow();
  const zone = me.user?.time_zone ?? browserZone();
  const first = me.user?.name.split(" ")[0];
  return (
    <PageHeader
      title={`${partOfDay(now, zone)}${first ? `, ${first}` : ""}`}
      summary={
        <span className="figures">
          {new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: zone }).format(now)}, {formatDate(now, zone, now)} ·{" "}
          {new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(now)} in {zoneCity(zone)}
        </span>
      }
    />
  );
}

function partOfDay(now: number, zone: string): string {
  const hour = Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hour12: false, timeZone: zone }).format(now));
  if (hour >= 5 && hour < 12) return "Good morning";
  if (hour >= 12 && hour < 18) return "Good afternoon";
  return "Good evening";
}

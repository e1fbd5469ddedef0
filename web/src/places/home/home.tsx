// Home: what waits for me, what runs, what happened. What comes first depends on the role.

import { useMe, useMay } from "@/api/viewer";
import type { Role } from "@/api/types";
import { CAN } from "@/lib/permissions";
import { browserZone, formatDate, zoneCity } from "@/lib/time";
import { useNow } from "@/ui/now";
import { Page, PageHeader } from "@/ui/page";
import { ActivityChart } from "./activity-chart";
import { GettingStarted } from "./getting-started";
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
  const blocks = {
    waiting: <Waiting key="waiting" />,
    projects: <RecentProjects key="projects" />,
    happened: readsAudit ? <Happened key="happened" /> : null,
  };
  return (
    <Page>
      <Greeting />
      <div className="grid items-start gap-x-8 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="min-w-0">{FIRST[me.role ?? "analyst"].map((name) => blocks[name])}</div>
        <div className="min-w-0">
          <GettingStarted />
          <SpendingCard />
          <Running />
          {readsAudit && <ActivityChart />}
        </div>
      </div>
    </Page>
  );
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

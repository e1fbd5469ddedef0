// Changes per day, as bars or as a table.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { recentAuditQuery } from "@/api/queries";
import { useViewerZone } from "@/api/viewer";
import { formatDate, zoneCity } from "@/lib/time";
import { count } from "@/lib/words";
import { Loaded } from "@/ui/loaded";
import { useNow } from "@/ui/now";
import { Section } from "@/ui/page";
import { Bone } from "@/ui/skeleton";
import { activitySince, countByDay, type DayCount } from "./activity";

export function ActivityChart() {
  const zone = useViewerZone();
  const now = useNow();
  const [asTable, setAsTable] = useState(false);
  const query = useQuery(recentAuditQuery(activitySince(now)));
  return (
    <Section
      title="Changes per day"
      actions={
        <button
          type="button"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
          className="h-6 rounded-sm px-1 text-xs font-medium text-accent-text hover:underline"
        >
          {asTable ? "As chart" : "As table"}
        </button>
      }
    >
      <Loaded
        query={query}
        subject="changes per day"
        skeleton={
          <div className="px-4 py-4">
            <Bone className="h-24 w-full" />
          </div>
        }
      >
        {(page) => {
          const days = countByDay(page.items.map((e) => e.at), page.next_cursor === null, now, zone);
          return asTable ? <DayTable days={days} /> : <Bars days={days} zone={zone} now={now} />;
        }}
      </Loaded>
    </Section>
  );
}

function Bars({ days, zone, now }: { days: DayCount[]; zone: string; now: number }) {
  const most = Math.max(1, ...days.map((d) => d.count));
  const total = days.reduce((sum, d) => sum + d.count, 0);
  return (
    <figure className="px-4 pt-4 pb-3">
      <div role="img" aria-label={`${count(total, "change")} in ${days.length} days`} className="flex h-20 items-end gap-1">
        {days.map((d) => (
          <div
            key={d.day}
            title={`${formatDate(`${d.day}T12:00:00Z`, "UTC", now)}: ${count(d.count, "change")}`}
            className={`min-w-0 flex-1 rounded-t-sm ${d.count ? "bg-accent opacity-80 hover:opacity-100" : "bg-line"}`}
            style={{ height: d.count ? `${Math.max(8, (d.count / most) * 100)}%` : 2 }}
          />
        ))}
      </div>
      <figcaption className="mt-2 flex justify-between text-2xs text-ink-3 figures">
        <span>{days[0] && formatDate(`${days[0].day}T12:00:00Z`, "UTC", now)}</span>
        <span>{zoneCity(zone)} days</span>
        <span>Today</span>
      </figcaption>
    </figure>
  );
}

function DayTable({ days }: { days: DayCount[] }) {
  return (
    <table className="w-full text-sm">
      <thead className="sr-only">
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Changes</th>
        </tr>
      </thead>
      <tbody>
        {days.toReversed().map((d) => (
          <tr key={d.day} className="border-b border-line last:border-0">
            <td className="px-4 py-1.5 text-ink-2 figures">{d.day}</td>
            <td className="px-4 py-1.5 text-right text-ink figures">{d.count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

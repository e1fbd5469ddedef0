// What runs by the clock.

import { useQuery } from "@tanstack/react-query";
import { CalendarClock } from "lucide-react";
import { schedulesQuery } from "@/api/queries";
import type { Schedule } from "@/api/types";
import { zoneCity } from "@/lib/time";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { type Column, DataTable } from "@/ui/table";
import { Ago, Countdown, When } from "@/ui/time";
import { sayCron } from "./cron";

export function Schedules() {
  const query = useQuery(schedulesQuery);
  return (
    <Card>
      <Loaded query={query} subject="schedules" skeleton={<RowsSkeleton rows={3} label="schedules" />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<CalendarClock aria-hidden="true" />} title="Nothing is planned">
              Work that repeats, such as nightly checks, is listed here with its next time.
            </Empty>
          ) : (
            <DataTable label="Schedules" columns={COLUMNS} rows={items} />
          )
        }
      </Loaded>
    </Card>
  );
}

const COLUMNS: Column<Schedule>[] = [
  {
    id: "title",
    header: "What",
    className: "w-full",
    cell: (s) => (
      <div className="min-w-0">
        <p className="font-medium text-ink">{s.title}</p>
        <p className="text-xs text-ink-3" title={s.cron}>
          {sayCron(s.cron)}, {zoneCity(s.time_zone)} time
        </p>
      </div>
    ),
  },
  {
    id: "last",
    header: "Last",
    align: "right",
    from: "md",
    cell: (s) => <span className="text-ink-2">{s.last_at ? <Ago at={s.last_at} /> : "Not yet"}</span>,
  },
  {
    id: "next",
    header: "Next",
    align: "right",
    cell: (s) => (
      <>
        in <Countdown until={s.next_at} ended="a moment" />
        <span className="block text-xs text-ink-3">
          <When at={s.next_at} />
        </span>
      </>
    ),
  },
];

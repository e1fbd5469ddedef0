// Times, always with their zone.

import { useViewerZone } from "@/api/viewer";
import { ago, formatDateTime, span, zoneCity } from "@/lib/time";
import { Dot } from "./badge";
import { useNow } from "./now";

/** "5 min ago"; the full time with its zone on hover and for screen readers. */
export function Ago({ at }: { at: string }) {
  const zone = useViewerZone();
  const now = useNow();
  return (
    <time dateTime={at} title={`${formatDateTime(at, zone, now)} ${zoneCity(zone)} time`} className="figures whitespace-nowrap">
      {ago(at, now, zone)}
    </time>
  );
}

/** "Fri 21 Nov, 14:05 Berlin". */
export function When({ at }: { at: string }) {
  const zone = useViewerZone();
  const now = useNow();
  return (
    <time dateTime={at} className="figures whitespace-nowrap">
      {formatDateTime(at, zone, now)} <span className="text-ink-3">{zoneCity(zone)}</span>
    </time>
  );
}

/** Time left until a moment; a deadline gets warmer as it comes near. */
export function Countdown({ until, ended = "expired", deadline }: { until: string; ended?: string; deadline?: boolean }) {
  const now = useNow();
  const left = Date.parse(until) - now;
  if (left <= 0) return <span className="figures">{ended}</span>;
  const near = deadline && left < 6 * 3600_000;
  return <span className={`figures whitespace-nowrap ${near ? "text-warn-text" : ""}`}>{span(left)}</span>;
}

/** "Updated 12 s ago", with a dot while changes arrive by themselves. */
export function Freshness({ at, live }: { at: number; live: boolean }) {
  const zone = useViewerZone();
  const now = useNow();
  if (!at) return null;
  return (
    <span
      className="inline-flex items-center gap-1.5 text-xs whitespace-nowrap text-ink-3 max-sm:order-last"
      title={live ? "Changes appear here by themselves." : "Not connected to live changes. Checking every 15 seconds."}
    >
      <Dot tone={live ? "good" : "warn"} pulse={live} />
      <span className="figures">Updated {ago(at, now, zone)}</span>
    </span>
  );
}

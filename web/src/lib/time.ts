// Times are shown in the viewer's zone, always with the zone beside them. "now" is passed in, so this is testable.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "12 s ago", "5 min ago", "3 h ago", "2 days ago", then the date. */
export function ago(at: string | number, now: number, zone: string): string {
  const then = typeof at === "number" ? at : Date.parse(at);
  const past = now - then;
  if (past < 2 * SECOND) return "just now";
  if (past < MINUTE) return `${Math.floor(past / SECOND)} s ago`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h ago`;
  const days = Math.floor(past / DAY);
  if (days < 7) return days === 1 ? "yesterday" : `${days} days ago`;
  return formatDate(then, zone, now);
}

/** "2 d 4 h", "3 h 20 min", "45 s": the two largest parts, for countdowns. */
export function span(milliseconds: number): string {
  const left = Math.max(0, milliseconds);
  const days = Math.floor(left / DAY);
  const hours = Math.floor((left % DAY) / HOUR);
  const minutes = Math.floor((left % HOUR) / MINUTE);
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return `${minutes} min`;
  return `${Math.floor(left / SECOND)} s`;
}

/** "21 Nov" this year, "21 Nov 2024" otherwise. */
export function formatDate(at: string | number, zone: string, now: number): string {
  const date = new Date(at);
  const sameYear = part(date, zone, { year: "numeric" }) === part(new Date(now), zone, { year: "numeric" });
  return part(date, zone, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
}

/** "Fri 21 Nov, 14:05". The zone is added by whoever shows it. */
export function formatDateTime(at: string | number, zone: string, now: number): string {
  const date = new Date(at);
  const time = part(date, zone, { hour: "2-digit", minute: "2-digit", hour12: false });
  return `${part(date, zone, { weekday: "short" })} ${formatDate(at, zone, now)}, ${time}`;
}

export function formatClock(at: string | number, zone: string): string {
  return part(new Date(at), zone, { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** The calendar day in a zone, as "2025-11-21": what two moments share when they are on the same day. */
export function dayKey(at: string | number, zone: string): string {
  const parts = formatter(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(at));
  const get = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return `${get("year")}-${get("month")}-${get("day")}`;
}

/** "Today", "Yesterday" or the date. */
export function dayName(at: string | number, zone: string, now: number): string {
  const key = dayKey(at, zone);
  if (key === dayKey(now, zone)) return "Today";
  if (key === dayKey(now - DAY, zone)) return "Yesterday";
  return `${part(new Date(at), zone, { weekday: "long" })}, ${formatDate(at, zone, now)}`;
}

/** "Berlin" out of "Europe/Berlin": short enough to stand beside every time. */
export function zoneCity(zone: string): string {
  return (zone.split("/").pop() ?? zone).replaceAll("_", " ");
}

/** "+01:00" for a zone at a moment. */
export function zoneOffset(zone: string, at: number): string {
  const name =
    formatter(zone, { timeZoneName: "longOffset" })
      .formatToParts(new Date(at))
      .find((p) => p.type === "timeZoneName")?.value ?? "GMT";
  return name === "GMT" ? "+00:00" : name.replace("GMT", "");
}

// Browsers keep some names from before cities or countries were renamed; nobody looks for those.
const RENAMED: Record<string, string> = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};

export function browserZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return RENAMED[zone] ?? zone;
}

export function allZones(): string[] {
  const zones = Intl.supportedValuesOf("timeZone").map((zone) => RENAMED[zone] ?? zone);
  return [...new Set(["UTC", ...zones])].toSorted();
}

// Making a formatter is slow, and every time on screen is shown anew each second.
const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let made = formatters.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: knownZone(zone) });
    formatters.set(key, made);
  }
  return made;
}

function part(date: Date, zone: string, options: Intl.DateTimeFormatOptions): string {
  return formatter(zone, options).format(date);
}

// A zone name from a newer database than this browser's must not break the page.
const zoneCache = new Map<string, string>();
function knownZone(zone: string): string {
  const cached = zoneCache.get(zone);
  if (cached) return cached;
  let usable = "UTC";
  try {
    usable = new Intl.DateTimeFormat("en-GB", { timeZone: zone }).resolvedOptions().timeZone ? zone : "UTC";
  } catch {
    usable = "UTC";
  }
  zoneCache.set(zone, usable);
  return usable;
}

/** The moment a calendar day ("2025-11-21") begins in a zone, some days later if asked; null if it is no day. */
export function zonedDayStart(day: string, zone: string, plusDays = 0): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null;
  const utc = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(utc)) return null;
  const midnight = utc + plusDays * DAY;
  // The offset is read twice, because it may change between the guess and the real moment.
  const first = midnight - offsetAt(midnight, zone);
  return new Date(midnight - offsetAt(first, zone)).toISOString();
}

function offsetAt(at: number, zone: string): number {
  const match = /([+-])(\d{2}):(\d{2})/.exec(zoneOffset(zone, at));
  if (!match) return 0;
  const size = (Number(match[2]) * 60 + Number(match[3])) * MINUTE;
  return match[1] === "-" ? -size : size;
}

// Small helpers for plain language.

export function cx(...parts: (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(" ");
}

/** "1 job", "2 jobs". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

export function formatNumber(n: number): string {
  return new Intl.NumberFormat("en-GB").format(n);
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = words[0]?.charAt(0) ?? "?";
  const last = words.length > 1 ? (words[words.length - 1]?.charAt(0) ?? "") : "";
  return (first + last).toUpperCase();
}

/** "spending.raise_limit" → "Spending raise limit", for names that come without a title. */
export function humanise(identifier: string): string {
  const words = identifier.replace(/[._-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Who did something, as people say it: the server itself is called by its name, not by the job it ran. */
export function actorName(actor: { kind: string; name: string }): string {
  if (actor.kind === "system") return "Marketflow";
  return actor.kind === "key" ? `${actor.name} (key)` : actor.name;
}

/** Says which browser and system a session runs in, from its user agent. */
export function deviceName(userAgent: string): string {
  const browser =
    [
      ["Edg/", "Edge"],
      ["OPR/", "Opera"],
      ["Firefox/", "Firefox"],
      ["Chrome/", "Chrome"],
      ["Safari/", "Safari"],
      ["curl/", "curl"],
    ].find(([mark]) => userAgent.includes(mark ?? ""))?.[1] ?? "Unknown browser";
  const system = [
    ["iPhone", "iPhone"],
    ["iPad", "iPad"],
    ["Android", "Android"],
    ["Windows", "Windows"],
    ["Mac OS", "Mac"],
    ["Linux", "Linux"],
  ].find(([mark]) => userAgent.includes(mark ?? ""))?.[1];
  return system ? `${browser} on ${system}` : browser;
}

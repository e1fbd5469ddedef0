// The three kinds of keys, in plain words.

import { Globe, type LucideIcon, Server, UserRound } from "lucide-react";
import type { KeyKind } from "@/api/types";

export const KINDS: Record<KeyKind, { title: string; short: string; summary: string; icon: LucideIcon }> = {
  write: {
    title: "Write key",
    short: "For websites and apps",
    summary: "May only send signals in, never read. Safe to stand in a web page, where everybody can see it.",
    icon: Globe,
  },
  server: {
    title: "Server key",
    short: "For your own servers",
    summary: "Acts for the workspace with the permissions you choose. A secret: keep it out of web pages and code.",
    icon: Server,
  },
  personal: {
    title: "Personal token",
    short: "For your scripts and tools",
    summary: "Acts as you, with no more than you may do yourself. Ends when you leave the workspace, change your password or sign out everywhere.",
    icon: UserRound,
  },
};

export type KeyStatus = "active" | "expired" | "revoked";

export function keyStatus(key: { expires_at: string | null; revoked_at: string | null }, now: number): KeyStatus {
  if (key.revoked_at) return "revoked";
  if (key.expires_at && Date.parse(key.expires_at) <= now) return "expired";
  return "active";
}

// Keyboard shortcuts: pages register what they answer to while they are shown; `?` lists exactly those.

import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { IDLE, isForPage, pressKey } from "@/lib/chords";

export interface Shortcut {
  chord: string;
  label: string;
  group: string;
  run: () => void;
}

let registered: readonly Shortcut[] = [];
const listeners = new Set<() => void>();
const PREFIXES = new Set(["g"]);

function change(next: readonly Shortcut[]): void {
  registered = next;
  for (const each of listeners) each();
}

export function useShortcut(chord: string, label: string, group: string, run: () => void, enabled = true): void {
  const onPress = useEffectEvent(run);
  useEffect(() => {
    if (!enabled) return;
    const entry: Shortcut = { chord, label, group, run: () => onPress() };
    change([...registered, entry]);
    return () => change(registered.filter((s) => s !== entry));
  }, [chord, label, group, enabled]);
}

export function useShortcutList(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => registered,
  );
}

/** Listens once for the whole app. */
export function useShortcutListener(): void {
  useEffect(() => {
    let state = IDLE;
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isForPage(event) || event.key === "Shift") return;
      // Enter and space belong to whatever has the focus.
      if (event.key === "Enter" || event.key === " ") return;
      const find = (chord: string) => registered.findLast((s) => s.chord === chord);
      const result = pressKey(state, event.key, event.timeStamp, PREFIXES, (chord) => Boolean(find(chord)));
      state = result.state;
      if (result.held || result.fired) event.preventDefault();
      if (result.fired) find(result.fired)?.run();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** J and K walk through a list; the rest of the list's keys are its own. */
export function useListKeys(ids: readonly string[], selected: string | null, select: (id: string) => void, what: string): void {
  const step = (by: number) => {
    if (ids.length === 0) return;
    const at = selected ? ids.indexOf(selected) : -1;
    const next = at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(Math.max(at + by, 0), ids.length - 1);
    const id = ids[next];
    if (!id) return;
    select(id);
    document.querySelector(`[data-row="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
  };
  useShortcut("j", `Next ${what}`, "Lists", () => step(1), ids.length > 0);
  useShortcut("k", `Previous ${what}`, "Lists", () => step(-1), ids.length > 0);
}

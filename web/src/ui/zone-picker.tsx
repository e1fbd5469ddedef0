// A searchable list of time zones: type a city, arrow down, enter.

import { useId, useMemo, useRef, useState } from "react";
import { allZones, formatClock, zoneCity, zoneOffset } from "@/lib/time";
import { cx } from "@/lib/words";
import { Field, Input } from "./field";
import { useNow } from "./now";

const MOST_SHOWN = 60;

/** Zones whose name, city or offset contains every word typed. */
export function searchZones(zones: readonly string[], text: string, now: number): string[] {
  const words = text.toLowerCase().replaceAll("_", " ").split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...zones];
  return zones.filter((zone) => {
    const haystack = `${zone} ${zoneCity(zone)}`.toLowerCase().replaceAll("_", " ");
    return words.every((w) => haystack.includes(w) || zoneOffset(zone, now).includes(w));
  });
}

export function ZonePicker({
  label,
  value,
  onChange,
  hint,
  error,
}: {
  label: string;
  value: string;
  onChange: (zone: string) => void;
  hint?: string;
  error?: string | null;
}) {
  const listId = useId();
  const zones = useMemo(() => allZones(), []);
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  // Offsets are those of the moment the page was opened.
  const [openedAt] = useState(() => Date.now());
  const open = typed !== null;
  const found = useMemo(
    () => (open ? searchZones(zones, typed, openedAt).slice(0, MOST_SHOWN) : []),
    [zones, typed, open, openedAt],
  );

  const search = (text: string) => {
    setTyped(text);
    setActive(0);
  };
  const choose = (zone: string | undefined) => {
    if (zone) onChange(zone);
    setTyped(null);
    setActive(0);
  };
  const move = (to: number) => {
    const next = Math.min(Math.max(to, 0), found.length - 1);
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };

  return (
    <Field label={label} hint={hint ?? <ClockThere zone={value} />} error={error}>
      {(ids) => (
        <div className="relative">
          <Input
            {...ids}
            role="combobox"
            aria-expanded={open}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={open && found[active] ? `${listId}-${active}` : undefined}
            autoComplete="off"
            spellCheck={false}
            value={typed ?? value.replaceAll("_", " ")}
            placeholder={value}
            onFocus={(e) => e.currentTarget.select()}
            onClick={() => !open && search("")}
            onChange={(e) => search(e.target.value)}
            onBlur={() => setTyped(null)}
            onKeyDown={(e) => {
              if (e.key === "ArrowDown") {
                e.preventDefault();
                if (open) move(active + 1);
                else search("");
              } else if (e.key === "ArrowUp" && open) {
                e.preventDefault();
                move(active - 1);
              } else if (e.key === "Enter" && open) {
                e.preventDefault();
                choose(found[active]);
              } else if (e.key === "Escape" && open) {
                e.stopPropagation();
                choose(undefined);
              }
            }}
          />
          <div
            id={listId}
            ref={list}
            role="listbox"
            aria-label={label}
            hidden={!open}
            className="absolute inset-x-0 top-full z-20 mt-1 max-h-60 overflow-y-auto rounded-lg bg-surface p-1 shadow-float dark:bg-raised"
          >
            {found.map((zone, i) => (
              <div
                key={zone}
                id={`${listId}-${i}`}
                role="option"
                tabIndex={-1}
                aria-selected={i === active}
                onPointerDown={(e) => {
                  e.preventDefault();
                  choose(zone);
                }}
                className={cx(
                  "flex min-h-8 cursor-default items-center justify-between gap-3 rounded-md px-2 text-sm",
                  i === active ? "bg-hover text-ink" : "text-ink-2",
                )}
              >
                <span className="min-w-0 truncate">{zone.replaceAll("_", " ")}</span>
                <span className="text-xs text-ink-3 figures">{zoneOffset(zone, openedAt)}</span>
              </div>
            ))}
            {found.length === 0 && (
              <div role="option" tabIndex={-1} aria-selected="false" aria-disabled="true" className="px-2 py-1.5 text-sm text-ink-3">
                No time zone matches. Try a larger city nearby.
              </div>
            )}
          </div>
        </div>
      )}
    </Field>
  );
}

function ClockThere({ zone }: { zone: string }) {
  const now = useNow();
  return (
    <>
      It is {formatClock(now, zone)} there now (UTC{zoneOffset(zone, now)}).
    </>
  );
}

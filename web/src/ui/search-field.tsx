// A search box that writes to the address a moment after the last key.

import { Search, X } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";

export function SearchField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const send = useEffectEvent(onChange);

  // Somebody went back, or a link changed the address.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);

  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      send(typed);
    }, 200);
    return () => clearTimeout(timer);
  }, [typed]);

  return (
    <div className="relative mb-4 max-w-md flex-1 basis-56">
      <Search className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-3" aria-hidden="true" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === "Escape" && typed) setTyped("");
        }}
        className="h-9 w-full rounded-md border border-line-strong bg-surface pr-9 pl-8.5 text-base shadow-card hover:border-ink-3 dark:bg-sunken [&::-webkit-search-cancel-button]:hidden"
      />
      {typed && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => setTyped("")}
          className="absolute top-1/2 right-1.5 grid size-6 -translate-y-1/2 place-items-center rounded-sm text-ink-3 hover:text-ink"
        >
          <X className="size-3.5" aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

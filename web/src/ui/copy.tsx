// Copying, with an answer you can see and hear, and a way out when the browser refuses.

import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { copyText } from "@/lib/clipboard";
import { Button } from "./button";

type Outcome = "idle" | "copied" | "refused";

function useCopy(text: string): [Outcome, () => void] {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => setOutcome("idle"), 2500);
    return () => clearTimeout(timer);
  }, [outcome]);
  return [outcome, () => void copyText(text).then((ok) => setOutcome(ok ? "copied" : "refused"))];
}

export function CopyButton({ text, label = "Copy", bare }: { text: string; label?: string; bare?: boolean }) {
  const [outcome, copy] = useCopy(text);
  const said = outcome === "copied" ? "Copied" : outcome === "refused" ? "Select and copy it yourself" : label;
  const icon =
    outcome === "copied" ? (
      <Check className="size-3.5 text-good-text" aria-hidden="true" />
    ) : (
      <Copy className="size-3.5" aria-hidden="true" />
    );
  return bare ? (
    <button
      type="button"
      aria-label={label}
      title={said}
      onClick={copy}
      className="grid size-6 place-items-center rounded-sm text-ink-3 hover:bg-hover hover:text-ink"
    >
      {icon}
      <span className="sr-only" aria-live="polite">
        {outcome === "idle" ? "" : said}
      </span>
    </button>
  ) : (
    <Button onClick={copy} size="md">
      {icon}
      <span aria-live="polite">{said}</span>
    </Button>
  );
}

/** A link or secret in a box, ready to be copied; selected by a click for browsers that refuse. */
export function CopyBox({ text, label, copyLabel }: { text: string; label: string; copyLabel?: string }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <div className="flex gap-2">
      <input
        ref={field}
        readOnly
        aria-label={label}
        value={text}
        onFocus={() => field.current?.select()}
        className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-sunken px-2.5 font-mono text-xs text-ink"
      />
      <CopyButton text={text} {...(copyLabel ? { label: copyLabel } : {})} />
    </div>
  );
}

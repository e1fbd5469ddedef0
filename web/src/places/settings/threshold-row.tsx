// One threshold: whether to ask, above or below what, and the way back to the default.

import { RotateCcw } from "lucide-react";
import { useId } from "react";
import type { Threshold } from "@/api/types";
import { IconButton } from "@/ui/button";
import { Input } from "@/ui/field";
import type { Draft } from "./approval-thresholds";
import { sayDefault, toText } from "./threshold-values";

export function ThresholdRow({
  threshold: t,
  draft,
  invalid,
  locked,
  onChange,
}: {
  threshold: Threshold;
  draft: Draft;
  invalid: boolean;
  locked: boolean;
  onChange: (draft: Draft) => void;
}) {
  const id = useId();
  const usual = { asks: true, text: toText(t, t.default) };
  const isUsual = draft.asks && draft.text === usual.text;
  return (
    <li className="flex flex-col gap-3 px-4 py-3.5 sm:flex-row sm:items-center sm:px-5">
      <div className="flex min-w-0 flex-1 items-start gap-3">
        <input
          id={id}
          type="checkbox"
          checked={draft.asks}
          disabled={locked}
          aria-describedby={`${id}-about`}
          onChange={(e) => onChange({ ...draft, asks: e.target.checked })}
          className="mt-1 size-4 shrink-0 accent-accent disabled:cursor-not-allowed"
        />
        <div className="min-w-0">
          <label htmlFor={id} className="block min-h-6 text-sm font-medium text-ink">
            {t.title}
          </label>
          <p id={`${id}-about`} className="text-xs text-ink-3">
            {t.summary} {!isUsual && <span className="font-medium text-ink-2">{sayDefault(t)}.</span>}
          </p>
        </div>
      </div>
      <div className="flex items-center gap-2 pl-7 sm:w-68 sm:justify-end sm:pl-0">
        {!draft.asks ? (
          <span className="text-sm text-ink-3">Nobody is asked</span>
        ) : t.unit === "always" ? (
          <span className="text-sm text-ink-2">Always asks</span>
        ) : (
          <ValueField threshold={t} draft={draft} invalid={invalid} locked={locked} onChange={onChange} />
        )}
        <span className="size-7 shrink-0">
          {!isUsual && !locked && (
            <IconButton size="iconSm" label={`Reset “${t.title}” to default`} onClick={() => onChange(usual)}>
              <RotateCcw className="size-3.5" aria-hidden="true" />
            </IconButton>
          )}
        </span>
      </div>
    </li>
  );
}

function ValueField({
  threshold: t,
  draft,
  invalid,
  locked,
  onChange,
}: {
  threshold: Threshold;
  draft: Draft;
  invalid: boolean;
  locked: boolean;
  onChange: (draft: Draft) => void;
}) {
  const unit = t.unit === "money" ? t.currency : t.unit === "percent" ? "%" : t.unit === "score" ? "/ 100" : "people";
  return (
    <label className="flex items-center gap-2 text-sm text-ink-3">
      {t.direction}
      <Input
        aria-label={`${t.title}: ask ${t.direction} this value${unit ? `, in ${unit}` : ""}`}
        aria-invalid={invalid || undefined}
        inputMode="decimal"
        value={draft.text}
        readOnly={locked}
        onChange={(e) => onChange({ ...draft, text: e.target.value })}
        className="w-24! shrink-0 text-right figures"
      />
      <span className="w-12 shrink-0 text-xs">{unit}</span>
    </label>
  );
}

// Form fields: a label above, help or the problem below, tied together for screen readers.

import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/words";

const control =
  "block w-full rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink shadow-card transition-[border-color] duration-100 hover:border-ink-3 focus:border-ring focus:outline-2 focus:outline-offset-0 focus:outline-ring/30 aria-invalid:border-bad disabled:cursor-not-allowed disabled:opacity-60 dark:bg-sunken";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Shown to the right of the label, for example a link. */
  aside?: ReactNode;
  optional?: boolean;
  className?: string;
  children: (ids: { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined }) => ReactNode;
}

export function Field({ label, hint, error, aside, optional, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={cx("flex flex-col gap-1.5", className)}>
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium text-ink">
          {label}
          {optional && <span className="ml-1.5 font-normal text-ink-3">optional</span>}
        </label>
        {aside}
      </div>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": error ? true : undefined })}
      {note && (
        <p
          id={`${id}-note`}
          role={error ? "alert" : undefined}
          className={cx("text-xs", error ? "text-bad-text" : "text-ink-3")}
        >
          {note}
        </p>
      )}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={cx(control, "h-9", className)} />;
}

export function TextArea({ className, rows = 3, ...rest }: ComponentProps<"textarea">) {
  return <textarea rows={rows} {...rest} className={cx(control, "resize-y py-2 leading-5", className)} />;
}

export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className="relative block">
      <select {...rest} className={cx(control, "h-9 appearance-none pr-8", className)}>
        {children}
      </select>
      <svg
        viewBox="0 0 16 16"
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-ink-3"
      >
        <path d="m4 6.5 4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </span>
  );
}

export function Checkbox({ label, hint, ...rest }: ComponentProps<"input"> & { label: ReactNode; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2.5">
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-[3px] size-4 shrink-0 rounded-sm accent-accent disabled:cursor-not-allowed"
      />
      <div className="min-w-0">
        <label htmlFor={id} className="block min-h-6 text-sm leading-[22px] text-ink">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-ink-3">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** A few choices side by side, each with a line of explanation. */
export function Choices<V extends string>({
  legend,
  value,
  onChange,
  options,
}: {
  legend: string;
  value: V;
  onChange: (value: V) => void;
  options: { value: V; title: string; summary: string; icon?: ReactNode; why?: string | null }[];
}) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-medium text-ink">{legend}</legend>
      {options.map((o) => (
        <label
          key={o.value}
          className={cx(
            "flex cursor-pointer items-start gap-3 rounded-lg border px-3 py-2.5 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring",
            value === o.value ? "border-accent bg-accent-soft" : "border-line-strong hover:bg-hover",
            o.why && "cursor-not-allowed",
          )}
        >
          <input
            type="radio"
            name={name}
            value={o.value}
            checked={value === o.value}
            disabled={Boolean(o.why)}
            onChange={() => onChange(o.value)}
            className="mt-[3px] size-4 shrink-0 accent-accent outline-none"
          />
          <span className="min-w-0">
            <span className="flex items-center gap-1.5 text-sm font-medium text-ink">
              {o.icon}
              {o.title}
            </span>
            <span className="block text-xs text-ink-2">{o.why ?? o.summary}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

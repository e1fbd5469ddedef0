// A new password: can be shown, with an honest hint about its strength.

import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { strengthOf } from "@/lib/password";
import { cx } from "@/lib/words";
import { Field, Input } from "./field";

const bars = ["bg-line-strong", "bg-bad", "bg-warn", "bg-good"];

export function NewPasswordField({
  label = "Password",
  value,
  onChange,
  error,
}: {
  label?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | null | undefined;
}) {
  const [shown, setShown] = useState(false);
  const strength = strengthOf(value);
  return (
    <Field
      label={label}
      error={error}
      hint={
        <span className="flex items-center gap-2">
          <span aria-hidden="true" className="flex gap-0.5">
            {[1, 2, 3].map((step) => (
              <span key={step} className={cx("h-1 w-5 rounded-full", strength.score >= step ? bars[strength.score] : "bg-line-strong")} />
            ))}
          </span>
          <span>
            {strength.label && <span className="font-medium text-ink-2">{strength.label}. </span>}
            {strength.hint}
          </span>
        </span>
      }
    >
      {(ids) => (
        <div className="relative">
          <Input
            {...ids}
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            required
            value={value}
            onChange={(e) => onChange(e.target.value)}
            className="pr-10"
          />
          <button
            type="button"
            aria-label={shown ? "Hide password" : "Show password"}
            onClick={() => setShown(!shown)}
            className="absolute top-1/2 right-1.5 grid size-7 -translate-y-1/2 place-items-center rounded-sm text-ink-3 hover:text-ink"
          >
            {shown ? <EyeOff className="size-4" aria-hidden="true" /> : <Eye className="size-4" aria-hidden="true" />}
          </button>
        </div>
      )}
    </Field>
  );
}

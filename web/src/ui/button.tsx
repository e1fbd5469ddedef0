// Buttons. A button that may not be used stays focusable and says why.

import { cva, type VariantProps } from "class-variance-authority";
import { type ButtonHTMLAttributes, type ReactNode, useId } from "react";
import { Tooltip } from "./tooltip";

export const buttonStyle = cva(
  "relative inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none transition-[background-color,border-color,color,box-shadow] duration-100 [&_svg]:shrink-0",
  {
    variants: {
      kind: {
        primary: "bg-accent text-on-accent shadow-card hover:bg-accent-hover",
        plain: "border border-line-strong bg-surface text-ink shadow-card hover:bg-hover dark:bg-raised dark:hover:bg-hover",
        quiet: "text-ink-2 hover:bg-hover hover:text-ink",
        danger: "bg-bad text-on-bad shadow-card hover:bg-bad-hover",
        dangerPlain: "border border-line-strong bg-surface text-bad-text shadow-card hover:bg-bad-soft dark:bg-raised",
      },
      size: {
        sm: "h-7 px-2.5 text-sm",
        md: "h-8 px-3 text-sm",
        lg: "h-10 px-4 text-base",
        icon: "size-8",
        iconSm: "size-7",
      },
      off: { true: "opacity-60 hover:bg-none", false: "" },
    },
    defaultVariants: { kind: "plain", size: "md", off: false },
  },
);

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  kind?: VariantProps<typeof buttonStyle>["kind"];
  size?: VariantProps<typeof buttonStyle>["size"];
  /** Something is under way: the button waits and shows it. */
  busy?: boolean;
  /** Why the button cannot be used right now, and who can change that. Null means it can. */
  why?: string | null | undefined;
  children?: ReactNode;
}

export function Button({ kind, size, busy, why, className, children, onClick, type, ...rest }: ButtonProps) {
  const whyId = useId();
  const off = Boolean(why) || Boolean(busy);
  const button = (
    <button
      {...rest}
      type={why ? "button" : (type ?? "button")}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      aria-describedby={why ? whyId : rest["aria-describedby"]}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
      className={buttonStyle({ kind, size, off: Boolean(why), className })}
    >
      {busy && <Spinner className="absolute" />}
      <span className={`inline-flex items-center gap-1.5 ${busy ? "opacity-0" : ""}`}>{children}</span>
    </button>
  );
  if (!why) return button;
  return (
    <Tooltip text={why}>
      {button}
      <span id={whyId} hidden>
        {why}
      </span>
    </Tooltip>
  );
}

/** A button that is only a picture; its name is read aloud and shown on hover. */
export function IconButton({ label, size = "icon", kind = "quiet", children, ...rest }: ButtonProps & { label: string }) {
  const button = (
    <Button {...rest} kind={kind} size={size} aria-label={label}>
      {children}
    </Button>
  );
  return rest.why ? button : <Tooltip text={label}>{button}</Tooltip>;
}

export function Spinner({ className = "" }: { className?: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className={`size-4 animate-spin ${className}`}>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.25" />
      <path d="M14 8a6 6 0 0 0-6-6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}

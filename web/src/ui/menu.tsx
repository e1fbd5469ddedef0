// Drop-down menus.

import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "@/lib/words";

export function Menu({
  trigger,
  children,
  align = "end",
  side = "bottom",
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  side?: "bottom" | "top";
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={document.getElementById("main")}>
        <Radix.Content
          // A toast that goes away hands the focus back to where it was; that must not close a menu just opened.
          onFocusOutside={(event) => event.preventDefault()}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-[60] max-h-[70vh] min-w-48 max-w-[calc(100vw-16px)] animate-rise overflow-y-auto rounded-lg bg-surface p-1 shadow-float dark:bg-raised"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function MenuItem({
  children,
  icon,
  onSelect,
  why,
  danger,
  hint,
  checked,
}: {
  children: ReactNode;
  icon?: ReactNode;
  onSelect?: () => void;
  why?: string | null | undefined;
  danger?: boolean;
  hint?: ReactNode;
  checked?: boolean;
}) {
  return (
    <Radix.Item
      {...(checked === undefined ? {} : { role: "menuitemradio", "aria-checked": checked })}
      aria-disabled={why ? true : undefined}
      onSelect={(event) => (why ? event.preventDefault() : onSelect?.())}
      className={cx(
        "flex min-h-8 cursor-default items-center gap-2.5 rounded-md px-2 py-1 text-sm outline-none select-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:shrink-0",
        why ? "text-ink-3" : danger ? "text-bad-text" : "text-ink",
      )}
    >
      {icon}
      <span className="min-w-0 flex-1">
        {children}
        {why && <span className="block max-w-64 text-xs text-ink-3">{why}</span>}
      </span>
      {hint && <span className="text-xs text-ink-3">{hint}</span>}
    </Radix.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-2 pb-1 text-xs font-medium text-ink-3">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

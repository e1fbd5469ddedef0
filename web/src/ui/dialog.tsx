// Dialogs for making things and for the few steps that cannot be undone.

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type FormEvent, type ReactNode, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { cx } from "@/lib/words";
import { Button } from "./button";
import { ProblemNote } from "./problem-view";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ open, onOpenChange, title, description, wide, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 grid animate-fade place-items-end overflow-y-auto bg-scrim sm:place-items-center sm:p-6">
          <Radix.Content
            {...(description ? {} : { "aria-describedby": undefined })}
            className={cx(
              "relative w-full animate-rise rounded-t-xl bg-surface p-5 shadow-modal sm:rounded-xl sm:p-6 dark:bg-raised",
              wide ? "sm:max-w-2xl" : "sm:max-w-md",
            )}
          >
            <div className="mb-4 pr-8">
              <Radix.Title className="text-lg font-semibold tracking-tight text-ink">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-sm text-ink-2">{description}</Radix.Description>}
            </div>
            {children}
            <Radix.Close
              aria-label="Close"
              className="absolute top-4 right-4 grid size-8 place-items-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
            >
              <X className="size-4" aria-hidden="true" />
            </Radix.Close>
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-6 flex flex-row-reverse flex-wrap items-center gap-2">{children}</div>;
}

/** A form in a dialog: sends, shows what the server said, closes when it worked. */
export function FormDialog({
  submit,
  onSubmit,
  children,
  danger,
  why,
  ...dialog
}: Omit<DialogProps, "children"> & {
  submit: string;
  /** Why it cannot be sent yet. */
  why?: string | null;
  onSubmit: () => Promise<unknown>;
  danger?: boolean;
  children: (problem: Problem | null) => ReactNode;
}) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || why) return;
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      {...dialog}
      onOpenChange={(open) => {
        if (!open) setProblem(null);
        dialog.onOpenChange(open);
      }}
    >
      <form onSubmit={send} noValidate>
        <div className="flex flex-col gap-4">
          {problem && <ProblemNote problem={problem} />}
          {children(problem)}
        </div>
        <DialogActions>
          <Button type="submit" kind={danger ? "danger" : "primary"} busy={busy} why={why}>
            {submit}
          </Button>
          <Button kind="quiet" onClick={() => dialog.onOpenChange(false)}>
            Cancel
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** A panel sliding in from the left: the navigation on a phone. */
export function Drawer({ open, onOpenChange, title, children }: Omit<DialogProps, "description" | "wide">) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 animate-fade bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 flex w-[min(18rem,85vw)] animate-slide flex-col overflow-y-auto bg-paper p-3 shadow-modal"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

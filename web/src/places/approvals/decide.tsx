// The decision itself. Shown at once, taken back visibly if the server refuses.

import { Check, CornerUpLeft } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import type { Approval } from "@/api/types";
import { useShortcut } from "@/shell/shortcuts";
import { Button } from "@/ui/button";
import { Field, TextArea } from "@/ui/field";
import { Kbd } from "@/ui/badge";
import { approveLabel } from "./state";
import { useDecision } from "./use-decision";

export function Decide({ approval }: { approval: Approval }) {
  const [note, setNote] = useState("");
  const [missing, setMissing] = useState(false);
  const noteField = useRef<HTMLDivElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const decide = useDecision(approval);
  const able = approval.can_decide;

  const focusNote = () => noteField.current?.querySelector("textarea")?.focus();
  const sendBack = () => {
    if (!note.trim()) {
      setMissing(true);
      focusNote();
      return;
    }
    decide.mutate({ verdict: "sent_back", note: note.trim() });
  };
  const approve = (event: FormEvent) => {
    event.preventDefault();
    decide.mutate({ verdict: "approved", note: note.trim() });
  };
  // A key alone must not spend money: A goes to the button, Enter presses it.
  useShortcut("a", "Go to the approve button", "Approvals", () => form.current?.querySelector<HTMLButtonElement>("[type=submit]")?.focus(), able);
  useShortcut("s", "Send back: write the note", "Approvals", focusNote, able);

  if (!able) {
    return (
      <p role="note" className="border-t border-line bg-sunken px-5 py-4 text-sm text-ink-2">
        <span className="font-medium text-ink">You cannot decide this one.</span> {approval.why_not}
      </p>
    );
  }
  return (
    <form ref={form} onSubmit={approve} className="border-t border-line bg-sunken px-5 py-4">
      <div ref={noteField}>
        <Field
          label="Note"
          hint={`${approval.requested_by.name} sees it. Needed when you send the request back.`}
          error={missing && !note.trim() ? "Say what should change, then send it back." : null}
        >
          {(ids) => <TextArea {...ids} rows={2} value={note} onChange={(e) => setNote(e.target.value)} />}
        </Field>
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <Button type="submit" kind={approval.kind === "privacy.erase" ? "danger" : "primary"} busy={decide.isPending}>
          <Check className="size-4" aria-hidden="true" />
          {approveLabel(approval)}
        </Button>
        <Button onClick={sendBack} busy={decide.isPending}>
          <CornerUpLeft className="size-4" aria-hidden="true" />
          Send back
        </Button>
        <span className="ml-auto hidden items-center gap-1.5 text-xs text-ink-3 lg:flex" aria-hidden="true">
          <Kbd>A</Kbd> then <Kbd>Enter</Kbd> approves, <Kbd>S</Kbd> writes the note
        </span>
      </div>
    </form>
  );
}

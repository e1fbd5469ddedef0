// Inviting somebody: an address, a role, then a link to pass on.

import { MailCheck } from "lucide-react";
import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { team } from "@/api/endpoints";
import type { InvitationCreated, Role } from "@/api/types";
import { ROLE_SUMMARY, ROLE_TITLE } from "@/lib/permissions";
import { Button } from "@/ui/button";
import { CopyBox } from "@/ui/copy";
import { Dialog, DialogActions, FormDialog } from "@/ui/dialog";
import { Choices, Field, Input } from "@/ui/field";
import { Countdown } from "@/ui/time";
import { absolute } from "./links";

const ROLES = Object.keys(ROLE_TITLE) as Role[];

export function InvitePerson({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("marketer");
  const [created, setCreated] = useState<InvitationCreated | null>(null);
  const invite = async () => {
    setCreated(await team.invite({ email: email.trim(), role }));
    setEmail("");
    onClose();
    await refreshTopics("invitations", "audit");
  };
  return (
    <>
      <FormDialog
        open={open}
        onOpenChange={onClose}
        title="Invite someone"
        description="They get a link with which they choose a name and a password."
        submit="Make the invitation"
        why={email.includes("@") ? null : "Type their email address first."}
        onSubmit={invite}
      >
        {(problem) => (
          <>
            <Field label="Email" error={problem?.forField("email")}>
              {(ids) => (
                <Input {...ids} type="email" autoFocus autoComplete="off" value={email} onChange={(e) => setEmail(e.target.value)} placeholder="name@company.com" />
              )}
            </Field>
            <Choices
              legend="Role"
              value={role}
              onChange={setRole}
              options={ROLES.map((r) => ({ value: r, title: ROLE_TITLE[r], summary: ROLE_SUMMARY[r] }))}
            />
          </>
        )}
      </FormDialog>
      <InvitationLink created={created} onClose={() => setCreated(null)} />
    </>
  );
}

export function InvitationLink({ created, onClose }: { created: InvitationCreated | null; onClose: () => void }) {
  if (!created) return null;
  const { invitation, url } = created;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`${invitation.email} is invited`}
      description={
        invitation.mailed
          ? "The invitation is on its way by email. You can also pass on the link yourself; it is shown only now."
          : "This server sends no email for you, so pass on this link yourself. It is shown only now."
      }
    >
      <div className="flex flex-col gap-2">
        <CopyBox text={absolute(url)} label="Invitation link" copyLabel="Copy link" />
        <p className="flex items-center gap-1.5 text-xs text-ink-3">
          <MailCheck className="size-3.5" aria-hidden="true" />
          {ROLE_TITLE[invitation.role]}, works once, for <Countdown until={invitation.expires_at} />.
        </p>
      </div>
      <DialogActions>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}

// What an admin can do about one person.

import { Ellipsis, KeyRound, UserCheck, UserMinus, UserX } from "lucide-react";
import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { team } from "@/api/endpoints";
import type { Member, ResetLink } from "@/api/types";
import { CopyBox } from "@/ui/copy";
import { Dialog, FormDialog } from "@/ui/dialog";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { Countdown } from "@/ui/time";
import { failed, said } from "@/ui/toast";
import { absolute } from "./links";
import { useChangeMember } from "./use-member";

export function MemberMenu({ member }: { member: Member }) {
  const change = useChangeMember();
  const [link, setLink] = useState<ResetLink | null>(null);
  const [removing, setRemoving] = useState(false);
  const own = member.is_me ? "You cannot do this to yourself. Ask another admin." : null;
  const makeLink = () =>
    team.resetLink(member.id).then(setLink, (error: unknown) => failed(`Could not make a reset link for ${member.name}`, error));
  const remove = async () => {
    await team.remove(member);
    setRemoving(false);
    said(`${member.name} is no longer in this workspace`);
    await refreshTopics("users", "audit");
  };
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={`Actions for ${member.name}`}
            className="inline-grid size-8 place-items-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
          >
            <Ellipsis className="size-4" aria-hidden="true" />
          </button>
        }
      >
        <MenuItem icon={<KeyRound aria-hidden="true" />} onSelect={() => void makeLink()}>
          Make a password reset link
        </MenuItem>
        <MenuSeparator />
        {member.status === "active" ? (
          <MenuItem icon={<UserX aria-hidden="true" />} why={own} onSelect={() => change.mutate({ member, change: { status: "suspended" } })}>
            Suspend
          </MenuItem>
        ) : (
          <MenuItem icon={<UserCheck aria-hidden="true" />} onSelect={() => change.mutate({ member, change: { status: "active" } })}>
            Let them in again
          </MenuItem>
        )}
        <MenuItem danger icon={<UserMinus aria-hidden="true" />} why={own} onSelect={() => setRemoving(true)}>
          Remove from workspace…
        </MenuItem>
      </Menu>
      <Dialog
        open={link !== null}
        onOpenChange={() => setLink(null)}
        title={`Reset link for ${member.name}`}
        description="Send it to them yourself. It works once and is shown only now. Using it signs them out everywhere and revokes their personal tokens."
      >
        {link && (
          <div className="flex flex-col gap-2">
            <CopyBox text={absolute(link.url)} label="Password reset link" copyLabel="Copy link" />
            <p className="text-xs text-ink-3">
              Works for <Countdown until={link.expires_at} ended="no longer" />.
            </p>
          </div>
        )}
      </Dialog>
      <FormDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${member.name}?`}
        description="They are signed out at once and lose access. Their personal tokens, the keys they made for the workspace and the invitations they sent stop working too, so make new keys first where something depends on them. What they did stays in the audit log. To have them back, invite them again."
        submit="Remove from workspace"
        danger
        onSubmit={remove}
      >
        {() => null}
      </FormDialog>
    </>
  );
}

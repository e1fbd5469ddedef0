// Who was invited and is not here yet.

import { useMutation, useQuery } from "@tanstack/react-query";
import { MailPlus, RotateCw, X } from "lucide-react";
import { useMemo, useState } from "react";
import { refreshTopics } from "@/api/cache";
import { team } from "@/api/endpoints";
import { invitationsQuery } from "@/api/queries";
import type { Invitation, InvitationCreated } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { CAN, ROLE_TITLE } from "@/lib/permissions";
import { Badge, type Tone } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { type Column, DataTable } from "@/ui/table";
import { Ago, Countdown } from "@/ui/time";
import { failed, said } from "@/ui/toast";
import { InvitationLink } from "./invite-person";

const STATES: Record<Invitation["state"], { text: string; tone: Tone }> = {
  pending: { text: "Waiting for them", tone: "spark" },
  accepted: { text: "Joined", tone: "good" },
  expired: { text: "Expired", tone: "neutral" },
  revoked: { text: "Taken back", tone: "neutral" },
};

export function Invitations({ onInvite }: { onInvite: () => void }) {
  const query = useQuery(invitationsQuery);
  const why = useWhyNot(CAN.manageTeam);
  const [renewed, setRenewed] = useState<InvitationCreated | null>(null);
  const columns = useMemo(() => columnsFor(why, setRenewed), [why]);
  return (
    <Card>
      <Loaded query={query} subject="invitations" skeleton={<RowsSkeleton rows={3} label="invitations" />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              icon={<MailPlus aria-hidden="true" />}
              title="Nobody is invited right now"
              action={
                <Button kind="primary" why={why} onClick={onInvite}>
                  Invite someone
                </Button>
              }
            >
              With a second person here, big changes get a second pair of eyes: nobody approves what they asked for themselves.
            </Empty>
          ) : (
            <DataTable label="Invitations" columns={columns} rows={items} />
          )
        }
      </Loaded>
      <InvitationLink created={renewed} onClose={() => setRenewed(null)} />
    </Card>
  );
}

function columnsFor(why: string | null, onRenewed: (created: InvitationCreated) => void): Column<Invitation>[] {
  return [
    {
      id: "email",
      header: "Invited",
      className: "w-full",
      cell: (i) => (
        <div>
          <p className="font-medium wrap-anywhere text-ink">{i.email}</p>
          <p className="text-xs text-ink-3">
            as {ROLE_TITLE[i.role]} by {i.invited_by}, <Ago at={i.created_at} />
          </p>
          <span className="mt-1.5 inline-block sm:hidden">
            <StateBadge invitation={i} />
          </span>
        </div>
      ),
    },
    {
      id: "state",
      header: "State",
      from: "sm",
      cell: (i) => <StateBadge invitation={i} />,
    },
    {
      id: "left",
      header: "Link works for",
      align: "right",
      from: "md",
      cell: (i) => (i.state === "pending" ? <Countdown until={i.expires_at} /> : ""),
    },
    { id: "actions", header: "Actions", quiet: true, align: "right", className: "pl-0", cell: (i) => <RowActions invitation={i} why={why} onRenewed={onRenewed} /> },
  ];
}

function StateBadge({ invitation }: { invitation: Invitation }) {
  const { text, tone } = STATES[invitation.state];
  return (
    <Badge tone={tone} dot>
      {text}
    </Badge>
  );
}

function RowActions({ invitation, why, onRenewed }: { invitation: Invitation; why: string | null; onRenewed: (created: InvitationCreated) => void }) {
  const renew = useMutation({
    mutationFn: () => team.renewInvitation(invitation.id),
    onSuccess: onRenewed,
    onError: (error) => failed(`Could not renew the invitation for ${invitation.email}`, error),
    onSettled: () => refreshTopics("invitations", "audit"),
  });
  const revoke = useMutation({
    mutationFn: () => team.revokeInvitation(invitation.id),
    onSuccess: () => said(`The link for ${invitation.email} no longer works`),
    onError: (error) => failed(`Could not take back the invitation for ${invitation.email}`, error),
    onSettled: () => refreshTopics("invitations", "audit"),
  });
  if (invitation.state === "accepted") return null;
  return (
    <span className="inline-flex gap-1">
      <IconButton size="iconSm" label={`New link for ${invitation.email}`} why={why} busy={renew.isPending} onClick={() => renew.mutate()}>
        <RotateCw className="size-3.5" aria-hidden="true" />
      </IconButton>
      {invitation.state === "pending" && (
        <IconButton size="iconSm" label={`Take back the invitation for ${invitation.email}`} why={why} busy={revoke.isPending} onClick={() => revoke.mutate()}>
          <X className="size-4" aria-hidden="true" />
        </IconButton>
      )}
    </span>
  );
}

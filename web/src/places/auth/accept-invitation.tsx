// Joining a workspace somebody invited you to.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { auth } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import type { InvitationPreview } from "@/api/types";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { ROLE_SUMMARY, ROLE_TITLE } from "@/lib/permissions";
import { enter } from "@/router";
import { Button, buttonStyle } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { NewPasswordField } from "@/ui/password-field";
import { ProblemNote } from "@/ui/problem-view";
import { BlockSkeleton } from "@/ui/skeleton";
import { Countdown } from "@/ui/time";
import { DoorCard } from "./door";
import { useLinkToken } from "./link-token";
import { submitting, useSend } from "./use-send";

export function AcceptInvitation() {
  const token = useLinkToken();
  const preview = useQuery({
    queryKey: ["invitation-preview", token],
    queryFn: () => auth.invitation(token),
    enabled: token !== "",
    retry: false,
    staleTime: Infinity,
  });
  const problem = preview.error ? asProblem(preview.error) : null;
  if (!token || (problem && ["gone", "not_found", "invalid"].includes(problem.code))) {
    return (
      <DoorCard title="This invitation no longer works" summary="It was used, taken back, or has expired. Ask whoever invited you for a new link.">
        <Link to="/sign-in" className={buttonStyle({ kind: "plain", size: "lg", className: "w-full" })}>
          Go to sign-in
        </Link>
      </DoorCard>
    );
  }
  if (problem) {
    return (
      <DoorCard title="Join a workspace">
        <ProblemNote problem={problem} />
        <Button className="mt-4 w-full" onClick={() => void preview.refetch()}>
          Try again
        </Button>
      </DoorCard>
    );
  }
  if (!preview.data) {
    return (
      <DoorCard title="Join a workspace">
        <BlockSkeleton lines={5} label="your invitation" />
      </DoorCard>
    );
  }
  return <AcceptForm token={token} invitation={preview.data} />;
}

function AcceptForm({ token, invitation }: { token: string; invitation: InvitationPreview }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const known = invitation.has_account;
  const { busy, problem, send } = useSend(async () =>
    enter(await auth.acceptInvitation({ token, password, ...(known ? {} : { name: name.trim() }) })),
  );
  const tooShort = !known && password.length < SHORTEST_PASSWORD;
  const missing = [!known && !name.trim() && "your name", (tooShort || !password) && "a password"].filter(Boolean);
  return (
    <DoorCard
      title={`Join ${invitation.workspace_name}`}
      summary={`${invitation.invited_by} invited you as ${ROLE_TITLE[invitation.role]}. ${ROLE_SUMMARY[invitation.role]}`}
      foot={
        <>
          The invitation is open for another <Countdown until={invitation.expires_at} />.
        </>
      }
    >
      <form onSubmit={submitting(send)} noValidate className="flex flex-col gap-4">
        {problem && <ProblemNote problem={problem} />}
        <Field label="Email" hint="The invitation is for this address.">
          {(ids) => <Input {...ids} type="email" readOnly autoComplete="username" value={invitation.email} className="bg-sunken" />}
        </Field>
        {known ? (
          <Field label="Password" hint="You already have an account on this server. Use its password." error={problem?.forField("password")}>
            {(ids) => (
              <Input
                {...ids}
                type="password"
                autoComplete="current-password"
                autoFocus
                value={password}
                onChange={(e) => setPassword(e.target.value)}
              />
            )}
          </Field>
        ) : (
          <>
            <Field label="Your name" error={problem?.forField("name")}>
              {(ids) => <Input {...ids} autoComplete="name" autoFocus value={name} onChange={(e) => setName(e.target.value)} />}
            </Field>
            <NewPasswordField value={password} onChange={setPassword} error={problem?.forField("password")} />
          </>
        )}
        <Button
          type="submit"
          kind="primary"
          size="lg"
          busy={busy}
          why={missing.length > 0 ? `Still missing: ${missing.join(", ")}.` : null}
          className="w-full"
        >
          Join {invitation.workspace_name}
        </Button>
      </form>
    </DoorCard>
  );
}

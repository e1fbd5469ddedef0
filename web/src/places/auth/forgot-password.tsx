// Asking for a new password. Says the same whether or not the address is known.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { auth } from "@/api/endpoints";
import { instanceQuery } from "@/api/queries";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-view";
import { DoorCard } from "./door";
import { submitting, useSend } from "./use-send";

export function ForgotPassword() {
  const { data: instance } = useQuery(instanceQuery);
  const [email, setEmail] = useState("");
  const [message, setMessage] = useState<string | null>(null);
  const { busy, problem, send } = useSend(async () => {
    const answer = await auth.forgot(email.trim());
    setMessage(answer.message);
  });
  const back = (
    <Link to="/sign-in" className="font-medium text-accent-text hover:underline">
      Back to sign-in
    </Link>
  );
  if (message) {
    return (
      <DoorCard title="Check your inbox" foot={back}>
        <p role="status" className="text-sm text-ink-2">
          {message}
        </p>
      </DoorCard>
    );
  }
  return (
    <DoorCard title="Forgot your password?" summary="We send a link that lets you choose a new one." foot={back}>
      <form onSubmit={submitting(send)} className="flex flex-col gap-4">
        {problem && <ProblemNote problem={problem} />}
        {instance && !instance.mail_configured && (
          <p className="rounded-lg bg-warn-soft px-3 py-2.5 text-sm text-warn-text">
            This server cannot send email. Ask an admin of your workspace: under Team they can make a reset link for you.
          </p>
        )}
        <Field label="Email" error={problem?.forField("email")}>
          {(ids) => (
            <Input {...ids} type="email" required autoComplete="username" value={email} onChange={(e) => setEmail(e.target.value)} />
          )}
        </Field>
        <Button
          type="submit"
          kind="primary"
          size="lg"
          busy={busy}
          why={instance && !instance.mail_configured ? "This server cannot send email. An admin can make a reset link for you." : null}
          className="w-full"
        >
          Send the link
        </Button>
      </form>
    </DoorCard>
  );
}

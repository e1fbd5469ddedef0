// Choosing a new password with a link that works once.

import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { auth } from "@/api/endpoints";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { Button, buttonStyle } from "@/ui/button";
import { NewPasswordField } from "@/ui/password-field";
import { ProblemNote } from "@/ui/problem-view";
import { DoorCard } from "./door";
import { useLinkToken } from "./link-token";
import { submitting, useSend } from "./use-send";

export function ResetPassword() {
  const token = useLinkToken();
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const { busy, problem, send } = useSend(async () => {
    await auth.reset(token, password);
    await navigate({ to: "/sign-in", search: { reason: "password-changed" } });
  });
  if (!token || problem?.code === "gone") {
    return (
      <DoorCard title="This link no longer works" summary="Reset links work once and only for a short time.">
        <Link to="/forgot-password" className={buttonStyle({ kind: "primary", size: "lg", className: "w-full" })}>
          Ask for a new link
        </Link>
      </DoorCard>
    );
  }
  return (
    <DoorCard title="Choose a new password" summary="You will be signed out everywhere, and your personal tokens stop working.">
      <form onSubmit={submitting(send)} className="flex flex-col gap-4">
        {problem && <ProblemNote problem={problem} />}
        <NewPasswordField label="New password" value={password} onChange={setPassword} error={problem?.forField("password")} />
        <Button
          type="submit"
          kind="primary"
          size="lg"
          busy={busy}
          why={password.length < SHORTEST_PASSWORD ? `Choose at least ${SHORTEST_PASSWORD} characters.` : null}
          className="w-full"
        >
          Change password
        </Button>
      </form>
    </DoorCard>
  );
}

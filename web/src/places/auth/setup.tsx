// First start: names the workspace and makes its first admin.

import { useState } from "react";
import { auth } from "@/api/endpoints";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { browserZone } from "@/lib/time";
import { enter } from "@/router";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { NewPasswordField } from "@/ui/password-field";
import { ProblemNote } from "@/ui/problem-view";
import { ZonePicker } from "@/ui/zone-picker";
import { DoorCard } from "./door";
import { submitting, useSend } from "./use-send";

export function Setup() {
  const [workspace, setWorkspace] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [zone, setZone] = useState(browserZone);
  const { busy, problem, send } = useSend(async () =>
    enter(await auth.setup({ workspace_name: workspace.trim(), name: name.trim(), email: email.trim(), password, time_zone: zone })),
  );
  const missing = [
    !workspace.trim() && "a workspace name",
    !name.trim() && "your name",
    !email.includes("@") && "your email",
    password.length < SHORTEST_PASSWORD && "a password",
  ].filter(Boolean);

  return (
    <DoorCard
      title="Welcome to Marketflow"
      summary="Two minutes, then you are in. Everything here can be changed later."
      foot="Everything stays on this server. Nothing is sent anywhere else."
    >
      <form onSubmit={submitting(send)} noValidate className="flex flex-col gap-4">
        {problem && <ProblemNote problem={problem} />}
        <Field label="Workspace name" hint="Your company, team or client." error={problem?.forField("workspace_name")}>
          {(ids) => <Input {...ids} autoFocus required autoComplete="organization" value={workspace} onChange={(e) => setWorkspace(e.target.value)} />}
        </Field>
        <ZonePicker label="Time zone" value={zone} onChange={setZone} error={problem?.forField("time_zone") ?? null} />
        <hr className="my-1 border-line" />
        <Field label="Your name" error={problem?.forField("name")}>
          {(ids) => <Input {...ids} required autoComplete="name" value={name} onChange={(e) => setName(e.target.value)} />}
        </Field>
        <Field label="Your email" hint="You sign in with it." error={problem?.forField("email")}>
          {(ids) => (
            <Input {...ids} type="email" required autoComplete="username" value={email} onChange={(e) => setEmail(e.target.value)} />
          )}
        </Field>
        <NewPasswordField value={password} onChange={setPassword} error={problem?.forField("password")} />
        <Button
          type="submit"
          kind="primary"
          size="lg"
          busy={busy}
          why={missing.length > 0 ? `Still missing: ${missing.join(", ")}.` : null}
          className="w-full"
        >
          Create workspace
        </Button>
      </form>
    </DoorCard>
  );
}

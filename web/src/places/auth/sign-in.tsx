// Sign-in, with one-click demo logins when the server offers them.

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { auth } from "@/api/endpoints";
import { instanceQuery } from "@/api/queries";
import type { DemoLogin } from "@/api/types";
import { ROLE_TITLE } from "@/lib/permissions";
import { enter } from "@/router";
import { Avatar } from "@/ui/avatar";
import { Button, Spinner } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-view";
import { DoorCard } from "./door";
import { submitting, useSend } from "./use-send";

const route = getRouteApi("/door/sign-in");

const REASONS: Record<string, string> = {
  ended: "Your session has ended. Sign in to go on where you were.",
  "setup-done": "This Marketflow is already set up. Sign in, or ask an admin for an invitation.",
  "password-changed": "Your password is changed. Sign in with the new one.",
  "signed-out": "You are signed out.",
};

const DEMO_HINT: Record<DemoLogin["role"], string> = {
  admin: "Runs the workspace",
  marketer: "Creates and asks",
  analyst: "Reads the numbers",
  approver: "Decides what waits",
};

export function SignIn() {
  const { next, reason } = route.useSearch();
  const { data: instance } = useQuery(instanceQuery);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const form = useSend(async () => enter(await auth.signIn(email.trim(), password), next));
  const oneClick = useSend(async (login: DemoLogin) => enter(await auth.signIn(login.email, login.password), next));
  const [chosen, setChosen] = useState<string | null>(null);
  const problem = form.problem ?? oneClick.problem;
  const demos = instance?.demo_logins ?? [];

  return (
    <DoorCard title="Sign in to Marketflow" summary={reason ? REASONS[reason] : undefined}>
      {problem && (
        <div className="mb-4">
          <ProblemNote problem={problem} />
        </div>
      )}
      {demos.length > 0 && (
        <DemoLogins
          logins={demos}
          busy={oneClick.busy ? chosen : null}
          onChoose={(login) => {
            setChosen(login.email);
            void oneClick.send(login);
          }}
        />
      )}
      <form onSubmit={submitting(form.send)} className="flex flex-col gap-4">
        <Field label="Email" error={form.problem?.forField("email")}>
          {(ids) => (
            <Input
              {...ids}
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(e) => setEmail(e.target.value)}
            />
          )}
        </Field>
        <Field
          label="Password"
          error={form.problem?.forField("password")}
          aside={
            <Link to="/forgot-password" className="text-xs font-medium text-accent-text hover:underline">
              Forgot password?
            </Link>
          }
        >
          {(ids) => (
            <Input
              {...ids}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(e) => setPassword(e.target.value)}
            />
          )}
        </Field>
        <Button type="submit" kind="primary" size="lg" busy={form.busy}>
          Sign in
        </Button>
      </form>
    </DoorCard>
  );
}

function DemoLogins({
  logins,
  busy,
  onChoose,
}: {
  logins: DemoLogin[];
  busy: string | null;
  onChoose: (login: DemoLogin) => void;
}) {
  return (
    <div className="mb-5 border-b border-line pb-5">
      <h2 className="text-sm font-medium text-ink">Look around as</h2>
      <p className="mb-3 text-xs text-ink-3">This is a demo. One click signs you in, nothing is sent anywhere.</p>
      <div className="grid grid-cols-2 gap-2">
        {logins.map((login) => (
          <button
            key={login.email}
            type="button"
            onClick={() => onChoose(login)}
            aria-busy={busy === login.email || undefined}
            aria-label={`Sign in as ${ROLE_TITLE[login.role]}, ${login.name}`}
            className="flex min-w-0 items-center gap-2.5 rounded-lg border border-line-strong px-2.5 py-2 text-left transition-colors hover:border-ink-3 hover:bg-hover"
          >
            {busy === login.email ? <Spinner className="m-1 text-accent-text" /> : <Avatar name={login.name} />}
            <span className="min-w-0">
              <span className="block truncate text-sm font-medium text-ink">{ROLE_TITLE[login.role]}</span>
              <span className="block text-2xs text-ink-3">{DEMO_HINT[login.role]}</span>
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

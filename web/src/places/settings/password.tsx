// Changing one's own password; every other session and every personal token ends.

import { useState } from "react";
import { me as meApi } from "@/api/endpoints";
import { SHORTEST_PASSWORD } from "@/lib/password";
import { submitting, useSend } from "@/places/auth/use-send";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { NewPasswordField } from "@/ui/password-field";
import { ProblemNote } from "@/ui/problem-view";
import { said } from "@/ui/toast";

export function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { busy, problem, send } = useSend(async () => {
    await meApi.changePassword(current, next);
    setCurrent("");
    setNext("");
    said("Your password is changed. Your other sessions and your personal tokens have ended.");
  });
  const missing = !current
    ? "Type your current password first."
    : next.length < SHORTEST_PASSWORD
      ? `The new password needs at least ${SHORTEST_PASSWORD} characters.`
      : null;
  return (
    <Section title="Password" summary="Changing it signs you out everywhere else and revokes your personal tokens. Scripts that use them need new ones.">
      <form onSubmit={submitting(send)} noValidate>
        <div className="grid gap-4 p-4 sm:grid-cols-2 sm:p-5">
          {problem && (
            <div className="sm:col-span-2">
              <ProblemNote problem={problem} />
            </div>
          )}
          <Field label="Current password" error={problem?.forField("current_password")}>
            {(ids) => (
              <Input {...ids} type="password" autoComplete="current-password" value={current} onChange={(e) => setCurrent(e.target.value)} />
            )}
          </Field>
          <NewPasswordField label="New password" value={next} onChange={setNext} error={problem?.forField("new_password")} />
        </div>
        <div className="flex justify-end border-t border-line bg-sunken px-4 py-2.5 sm:px-5">
          <Button type="submit" busy={busy} why={missing}>
            Change password
          </Button>
        </div>
      </form>
    </Section>
  );
}

// Sending something: busy while under way, the problem when it fails.

import { type FormEvent, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";

export function useSend<A = void>(action: (argument: A) => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (argument: A) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await action(argument);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, send };
}

/** For a form's onSubmit. */
export function submitting(send: () => Promise<void>) {
  return (event: FormEvent) => {
    event.preventDefault();
    void send();
  };
}

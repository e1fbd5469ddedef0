// Proof that nothing in the log was altered.

import { useMutation } from "@tanstack/react-query";
import { Link2, ShieldAlert, ShieldCheck } from "lucide-react";
import { audit } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import type { VerifyResult } from "@/api/types";
import { count } from "@/lib/words";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";

export function VerifyChain() {
  const verify = useMutation({ mutationFn: audit.verify });
  return (
    <div className="mb-5 flex flex-wrap items-center gap-3 rounded-lg border border-line bg-sunken px-4 py-3">
      <div role="status" className="flex min-w-0 flex-1 items-start gap-3">
        <Verdict result={verify.data} error={verify.error} />
      </div>
      <Button onClick={() => verify.mutate()} busy={verify.isPending}>
        {verify.data || verify.error ? "Verify again" : "Verify the chain"}
      </Button>
    </div>
  );
}

function Verdict({ result, error }: { result: VerifyResult | undefined; error: unknown }) {
  if (error) {
    const problem = asProblem(error);
    return (
      <>
        <ShieldAlert className="mt-0.5 size-5 shrink-0 text-warn-text" aria-hidden="true" />
        <p className="text-sm text-ink">
          Could not verify. {problem.detail} {problem.remedy}
        </p>
      </>
    );
  }
  if (!result) {
    return (
      <>
        <Link2 className="mt-0.5 size-5 shrink-0 text-ink-3" aria-hidden="true" />
        <p className="text-sm text-ink-2">Each entry carries a fingerprint of the one before it. Verifying recalculates all of them.</p>
      </>
    );
  }
  if (!result.ok) {
    return (
      <>
        <ShieldAlert className="mt-0.5 size-5 shrink-0 text-bad-text" aria-hidden="true" />
        <p className="text-sm text-ink">
          <span className="font-medium text-bad-text">The log was altered.</span>{" "}
          {result.broken ? `Entry ${result.broken.seq}: ${result.broken.why}.` : ""} Keep the database as it is and compare it with a backup.
        </p>
      </>
    );
  }
  return (
    <>
      <ShieldCheck className="mt-0.5 size-5 shrink-0 text-good-text" aria-hidden="true" />
      <p className="min-w-0 text-sm text-ink">
        <span className="font-medium">Nothing was altered.</span>{" "}
        <span className="text-ink-2 figures">{count(result.checked, "entry", "entries")} checked, up to </span>
        <span className="inline-flex items-center gap-0.5 align-middle">
          <code className="font-mono text-xs text-ink-2">{result.head.slice(0, 12)}…</code>
          <CopyButton bare text={result.head} label="Copy the last fingerprint" />
        </span>
      </p>
    </>
  );
}

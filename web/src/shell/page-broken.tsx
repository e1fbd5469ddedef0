// What stands in place of a page that broke. Leans on nothing else: it must show even when parts of the app are missing.

import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { asProblem } from "@/api/problem";

export function PageBroken({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  // An old tab asks for parts of the app that a newer server no longer has: only a reload helps.
  const outdated = error instanceof TypeError && /dynamically imported module|module script/i.test(error.message);
  useEffect(() => {
    if (outdated && reloadOnce()) window.location.reload();
  }, [outdated]);
  const retry = () => {
    if (outdated) return window.location.reload();
    reset();
    void router.invalidate();
  };
  const problem = asProblem(error);
  return (
    <main className="grid min-h-[60dvh] place-items-center px-6 text-center">
      <div role="alert" className="max-w-md">
        <h1 className="text-lg font-semibold text-ink">Could not show this page</h1>
        <p className="mt-1 text-sm text-ink-2">
          {problem.detail} {problem.remedy}
        </p>
        {problem.requestId && <p className="mt-1 text-xs text-ink-3">Request {problem.requestId}</p>}
        <button type="button" onClick={retry} className="mt-5 h-9 rounded-md bg-accent px-4 text-sm font-medium text-on-accent hover:bg-accent-hover">
          Try again
        </button>
      </div>
    </main>
  );
}

function reloadOnce(): boolean {
  try {
    const last = Number(sessionStorage.getItem("marketflow.reloaded"));
    if (performance.timeOrigin - last < 30_000) return false;
    sessionStorage.setItem("marketflow.reloaded", String(performance.timeOrigin));
    return true;
  } catch {
    return false;
  }
}

// The frame around every page outside: sign-in, set-up, invitations and passwords.

import { Outlet } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { LogoMark } from "@/ui/logo";

export function Door() {
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-10 sm:py-[12vh]">
      <main className="w-full max-w-[25rem]">
        <Outlet />
      </main>
    </div>
  );
}

export function DoorCard({ title, summary, children, foot }: { title: string; summary?: ReactNode; children: ReactNode; foot?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Marketflow`;
  }, [title]);
  return (
    <>
      <div className="mb-6 flex flex-col items-center text-center">
        <LogoMark size={40} />
        <h1 className="mt-5 text-xl font-semibold tracking-tight text-ink">{title}</h1>
        {summary && <div className="mt-1 max-w-sm text-sm text-pretty text-ink-2">{summary}</div>}
      </div>
      <div className="rounded-xl border border-line bg-surface p-5 shadow-card sm:p-6">{children}</div>
      {foot && <div className="mt-5 text-center text-sm text-ink-2">{foot}</div>}
    </>
  );
}

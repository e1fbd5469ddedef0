// Where you are signed in, and the way to end each of those.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Monitor, Smartphone, Terminal } from "lucide-react";
import { me as meApi } from "@/api/endpoints";
import { sessionsQuery } from "@/api/queries";
import type { Session } from "@/api/types";
import { deviceName } from "@/lib/words";
import { useSignOut } from "@/shell/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { Ago } from "@/ui/time";
import { failed, said } from "@/ui/toast";

export function Sessions() {
  const query = useQuery(sessionsQuery);
  const signOut = useSignOut();
  return (
    <Section
      title="Where you are signed in"
      summary="End anything you do not recognise, then change your password. “Sign out everywhere” also revokes your personal tokens."
      actions={
        <Button size="sm" kind="dangerPlain" onClick={() => void signOut(true)}>
          Sign out everywhere
        </Button>
      }
    >
      <Loaded query={query} subject="your sessions" skeleton={<RowsSkeleton rows={2} label="your sessions" />}>
        {({ items }) => (
          <ul className="divide-y divide-line">
            {items.map((s) => (
              <SessionRow key={s.id} session={s} />
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

function SessionRow({ session }: { session: Session }) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => meApi.endSession(session.id),
    onSuccess: () => said("That session is ended"),
    onError: (error) => failed("Could not end the session", error),
    onSettled: () => cache.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  const phone = /Mobile|iPhone|Android/.test(session.user_agent);
  const Icon = session.kind === "token" ? Terminal : phone ? Smartphone : Monitor;
  return (
    <li className="flex items-center gap-3 px-4 py-3 sm:px-5">
      <Icon className="size-4.5 shrink-0 text-ink-3" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium text-ink">{session.kind === "token" ? "API client" : deviceName(session.user_agent)}</p>
        <p className="text-xs text-ink-3">
          Last seen <Ago at={session.last_seen_at} /> · from {session.network} · signed in <Ago at={session.created_at} />
        </p>
      </div>
      {session.current ? (
        <Badge tone="good">This one</Badge>
      ) : (
        <Button size="sm" busy={end.isPending} onClick={() => end.mutate()}>
          End
        </Button>
      )}
    </li>
  );
}

// Changing somebody's role or standing, with the way back.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refreshTopics } from "@/api/cache";
import { team } from "@/api/endpoints";
import { membersQuery } from "@/api/queries";
import type { Member, Page } from "@/api/types";
import { ROLE_TITLE } from "@/lib/permissions";
import { failed, saidWithUndo } from "@/ui/toast";

type Change = Partial<Pick<Member, "role" | "status">>;

export function useChangeMember() {
  const cache = useQueryClient();
  const put = (member: Member) =>
    cache.setQueryData<Page<Member>>(membersQuery.queryKey, (old) =>
      old && { ...old, items: old.items.map((m) => (m.id === member.id ? member : m)) },
    );
  return useMutation({
    mutationFn: ({ member, change }: { member: Member; change: Change }) => team.update(member, change),
    onMutate: async ({ member, change }) => {
      await cache.cancelQueries({ queryKey: membersQuery.queryKey });
      put({ ...member, ...change });
    },
    onSuccess: (saved, { member, change }) => {
      put(saved);
      const back: Change = change.role ? { role: member.role } : { status: member.status };
      saidWithUndo(
        sayChange(saved, change),
        async () => {
          put(await team.update(saved, back));
          await refreshTopics("users", "audit");
        },
        `${member.name} is ${change.role ? ROLE_TITLE[member.role] : member.status} again`,
      );
    },
    onError: (error, { member }) => {
      put(member);
      failed(`Could not change ${member.name}`, error);
    },
    onSettled: () => refreshTopics("users", "audit"),
  });
}

function sayChange(member: Member, change: Change): string {
  if (change.role) return `${member.name} is now ${ROLE_TITLE[change.role]}`;
  return change.status === "suspended" ? `${member.name} is suspended and signed out` : `${member.name} may sign in again`;
}

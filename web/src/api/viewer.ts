// Who is looking: their role, what they may do, their time zone.

import { useQuery } from "@tanstack/react-query";
import { browserZone } from "@/lib/time";
import { may, whyNot } from "@/lib/permissions";
import { meQuery, rolesQuery } from "./queries";
import type { Me, Permission } from "./types";

/** Inside the app shell this is always there: the router does not open it otherwise. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error("This part of the page needs somebody signed in.");
  return data;
}

export function useViewerZone(): string {
  return useQuery({ ...meQuery, enabled: false }).data?.user?.time_zone ?? browserZone();
}

export function useMay(permission: Permission | readonly Permission[]): boolean {
  return may(useMe(), permission);
}

/** Null when allowed; otherwise the sentence for the disabled control. */
export function useWhyNot(permission: Permission): string | null {
  const me = useMe();
  const allowed = may(me, permission);
  const { data: matrix } = useQuery({ ...rolesQuery, enabled: !allowed });
  return whyNot(me, permission, matrix);
}

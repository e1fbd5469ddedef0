// Leaving, and moving between workspaces.

import { useNavigate } from "@tanstack/react-router";
import { auth, me as meApi } from "@/api/endpoints";
import { becomeViewer, expectSignOut, forgetViewer } from "@/api/cache";
import { failed, said } from "@/ui/toast";

export function useSignOut() {
  const navigate = useNavigate();
  return async (everywhere = false) => {
    expectSignOut();
    try {
      await (everywhere ? auth.signOutEverywhere() : auth.signOut());
      // Leave first: the pages behind still read the cache while they go.
      await navigate({ to: "/sign-in", search: { reason: "signed-out" } });
      forgetViewer();
    } catch (error) {
      expectSignOut(false);
      failed("Could not sign out", error);
    }
  };
}

export function useSwitchTenant() {
  const navigate = useNavigate();
  return async (tenantId: string) => {
    try {
      const next = await meApi.switchTenant(tenantId);
      becomeViewer(next);
      await navigate({ to: "/" });
      said(`You are now in ${next.tenant.name}`);
    } catch (error) {
      failed("Could not change the workspace", error);
    }
  };
}

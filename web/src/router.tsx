// The places of the app. Each page is its own chunk, loaded when first visited or pointed at.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { becomeViewer, forgetViewer, mayBeSignedIn, queryClient, whenSignedOut } from "@/api/cache";
import { Problem } from "@/api/problem";
import { instanceQuery, meQuery } from "@/api/queries";
import { parseSearch, safeNext, stringifySearch, texts } from "@/lib/search";
import { Door } from "@/places/auth/door";
import { PageBroken } from "@/shell/page-broken";

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: lazyRouteComponent(() => import("@/shell/broken"), "NotFound"),
  errorComponent: PageBroken,
});

const door = createRoute({
  getParentRoute: () => root,
  id: "door",
  component: Door,
});
const signIn = createRoute({
  getParentRoute: () => door,
  path: "/sign-in",
  validateSearch: texts("next", "reason"),
  beforeLoad: async () => {
    // Fetched while the server is asked, not after.
    void import("@/places/auth/sign-in");
    const instance = await queryClient.fetchQuery(instanceQuery).catch(() => null);
    if (instance?.setup_needed) throw redirect({ to: "/setup" });
  },
  component: lazyRouteComponent(() => import("@/places/auth/sign-in"), "SignIn"),
});
const setup = createRoute({
  getParentRoute: () => door,
  path: "/setup",
  beforeLoad: async () => {
    const instance = await queryClient.fetchQuery(instanceQuery).catch(() => null);
    if (instance && !instance.setup_needed) throw redirect({ to: "/sign-in", search: { reason: "setup-done" } });
  },
  component: lazyRouteComponent(() => import("@/places/auth/setup"), "Setup"),
});
const forgot = createRoute({
  getParentRoute: () => door,
  path: "/forgot-password",
  component: lazyRouteComponent(() => import("@/places/auth/forgot-password"), "ForgotPassword"),
});
const reset = createRoute({
  getParentRoute: () => door,
  path: "/reset-password",
  component: lazyRouteComponent(() => import("@/places/auth/reset-password"), "ResetPassword"),
});
const accept = createRoute({
  getParentRoute: () => door,
  path: "/accept-invitation",
  component: lazyRouteComponent(() => import("@/places/auth/accept-invitation"), "AcceptInvitation"),
});

/** Asks the server who this is; false when it does not know. */
async function recognised(): Promise<boolean> {
  if (!mayBeSignedIn()) return false;
  void import("@/shell/shell");
  try {
    becomeViewer(await queryClient.fetchQuery(meQuery));
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === "unauthenticated") return false;
    throw error;
  }
}

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => {
    const known = queryClient.getQueryData(meQuery.queryKey);
    if (known || (await recognised())) return;
    throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
  },
  component: lazyRouteComponent(() => import("@/shell/shell"), "Shell"),
});
const home = createRoute({
  getParentRoute: () => app,
  path: "/",
  component: lazyRouteComponent(() => import("@/places/home/home"), "Home"),
});
const projects = createRoute({
  getParentRoute: () => app,
  path: "/projects",
  validateSearch: texts("q", "show", "sort", "new", "project"),
  component: lazyRouteComponent(() => import("@/places/projects/projects"), "Projects"),
});
const approvals = createRoute({
  getParentRoute: () => app,
  path: "/approvals",
  validateSearch: texts("state"),
  component: lazyRouteComponent(() => import("@/places/approvals/approvals"), "Approvals"),
});
const approval = createRoute({ getParentRoute: () => approvals, path: "$approvalId" });
const jobs = createRoute({
  getParentRoute: () => app,
  path: "/jobs",
  validateSearch: texts("tab", "state", "kind"),
  component: lazyRouteComponent(() => import("@/places/jobs/jobs"), "Jobs"),
});
const job = createRoute({
  getParentRoute: () => app,
  path: "/jobs/$jobId",
  component: lazyRouteComponent(() => import("@/places/jobs/job"), "JobPage"),
});
const team = createRoute({
  getParentRoute: () => app,
  path: "/team",
  validateSearch: texts("tab", "q", "sort", "new"),
  component: lazyRouteComponent(() => import("@/places/team/team"), "Team"),
});
const keys = createRoute({
  getParentRoute: () => app,
  path: "/keys",
  validateSearch: texts("show", "new"),
  component: lazyRouteComponent(() => import("@/places/keys/keys"), "Keys"),
});
const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  validateSearch: texts("q", "actor", "action", "subject", "from", "to", "entry"),
  component: lazyRouteComponent(() => import("@/places/audit/audit"), "Audit"),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  validateSearch: texts("tab"),
  component: lazyRouteComponent(() => import("@/places/settings/settings"), "Settings"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    door.addChildren([signIn, setup, forgot, reset, accept]),
    app.addChildren([home, projects, approvals.addChildren([approval]), jobs, job, team, keys, audit, settings]),
  ]),
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  scrollToTopSelectors: ["#main"],
  parseSearch,
  stringifySearch,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

whenSignedOut(() => {
  const here = router.state.location.href;
  // Leave first: the pages behind still ask who is looking while they go.
  void router
    .navigate({ to: "/sign-in", search: { reason: "ended", ...(here === "/" ? {} : { next: here }) } })
    .then(forgetViewer);
});

/** After signing in: clean cache, then the page that was wanted. */
export function enter(me: Parameters<typeof becomeViewer>[0], next?: string): void {
  becomeViewer(me);
  void router.navigate({ href: safeNext(next), replace: true });
}

// The frame of the app: navigation on the left (at the bottom on phones), the page in the middle.

import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { Toaster } from "sonner";
import { useMe } from "@/api/viewer";
import { useLiveUpdates } from "@/live/live";
import { may, whyNot } from "@/lib/permissions";
import { Drawer } from "@/ui/dialog";
import { NoAccess } from "./broken";
import { BottomBar } from "./bottom-bar";
import { groupsFor, pageAt } from "./nav";
import { useShortcut, useShortcutListener } from "./shortcuts";
import { Sidebar } from "./sidebar";
import { useTheme } from "./theme";

const Palette = lazy(() => import("./palette").then((m) => ({ default: m.Palette })));
const ShortcutHelp = lazy(() => import("./shortcut-help").then((m) => ({ default: m.ShortcutHelp })));
const NewWorkspace = lazy(() => import("./new-workspace").then((m) => ({ default: m.NewWorkspace })));

export type Overlay = "palette" | "help" | "workspace" | "drawer" | null;

export function Shell() {
  const me = useMe();
  const [overlay, setOverlay] = useState<Overlay>(null);
  const groups = groupsFor((needs) => may(me, needs));
  const close = () => setOverlay(null);
  const { pathname } = useLocation();
  const theme = useTheme();
  const main = useMainFocus(pathname);

  useLiveUpdates(
    `${me.session_id ?? me.user?.id ?? "-"}:${me.tenant.id}`,
    me.tenant.id,
    // Another tab moved this session to another workspace; what is shown here no longer applies.
    useCallback(() => window.location.assign("/"), []),
  );
  useShortcutListener();
  usePaletteKey(() => setOverlay("palette"));
  useShortcut("?", "Show all shortcuts", "General", () => setOverlay("help"));
  useShortcut("/", "Search and commands", "General", () => setOverlay("palette"));

  return (
    <div className="flex min-h-dvh md:h-dvh">
      <a
        href="#main"
        className="fixed top-2 left-2 z-[80] -translate-y-20 rounded-md bg-accent px-3 py-2 text-sm font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="hidden w-60 shrink-0 flex-col md:flex">
        <Sidebar groups={groups} onOpen={setOverlay} />
      </div>
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        data-scroll-restoration-id="main"
        className="min-w-0 flex-1 bg-surface pb-[calc(3.75rem+env(safe-area-inset-bottom))] outline-none md:my-2 md:mr-2 md:overflow-y-auto md:rounded-xl md:border md:border-line md:pb-0 md:shadow-card md:[scrollbar-gutter:stable]"
      >
        <PageOrNoAccess />
      </main>
      <BottomBar groups={groups} onMore={() => setOverlay("drawer")} />
      <Drawer open={overlay === "drawer"} onOpenChange={close} title="Navigation">
        <Sidebar groups={groups} onOpen={setOverlay} onNavigate={close} />
      </Drawer>
      <Suspense fallback={null}>
        {overlay === "palette" && <Palette groups={groups} onClose={close} onOpen={setOverlay} />}
        {overlay === "help" && <ShortcutHelp onClose={close} />}
        {overlay === "workspace" && <NewWorkspace onClose={close} />}
      </Suspense>
      <Toaster
        theme={theme}
        position="bottom-right"
        mobileOffset={{ bottom: 76 }}
        toastOptions={{
          classNames: {
            toast: "!rounded-lg !border-line !bg-surface dark:!bg-raised !text-ink !font-sans !shadow-float",
            description: "!text-ink-2",
            actionButton: "!bg-accent !text-on-accent !rounded-md !font-medium !h-7",
            closeButton: "!bg-surface !text-ink-2 !border-line",
          },
        }}
      />
      {groups.flatMap((g) => g.pages).map((p) => (
        <GoKey key={p.path} path={p.path} title={p.title} letter={p.key} />
      ))}
    </div>
  );
}

function PageOrNoAccess() {
  const me = useMe();
  const { pathname } = useLocation();
  const page = pageAt(pathname);
  const needed = page?.needs[0];
  if (page && needed && !may(me, page.needs)) {
    return <NoAccess title={page.title} why={whyNot(me, needed, undefined) ?? ""} />;
  }
  return <Outlet />;
}

function GoKey({ path, title, letter }: { path: string; title: string; letter: string }) {
  const navigate = useNavigate();
  useShortcut(`g ${letter}`, title, "Go to", () => void navigate({ to: path }));
  return null;
}

/** Ctrl K or Cmd K, also while typing. */
function usePaletteKey(open: () => void): void {
  const onPress = useEffectEvent(open);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPress();
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** Moving to another page moves the focus there too, so that a screen reader starts at its top. */
function useMainFocus(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const place = `/${pathname.split("/")[1] ?? ""}`;
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    main.current?.focus({ preventScroll: true });
  }, [place]);
  return main;
}

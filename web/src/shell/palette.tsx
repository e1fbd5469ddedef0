// Ctrl K: every page, the things on them, and what can be done. Loaded when first opened.

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import {
  CheckCheck,
  Download,
  FolderKanban,
  FolderPlus,
  KeyRound,
  Keyboard,
  LogOut,
  Moon,
  Plus,
  ShieldCheck,
  Sun,
  UserPlus,
  Users,
  Wallet,
} from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import * as api from "@/api/endpoints";
import { membersQuery } from "@/api/queries";
import { useMe } from "@/api/viewer";
import { CAN, may, ROLE_TITLE } from "@/lib/permissions";
import { requestName } from "@/places/approvals/state";
import { Avatar } from "@/ui/avatar";
import { Kbd } from "@/ui/badge";
import type { PageGroup } from "./nav";
import { useSignOut, useSwitchTenant } from "./session";
import type { Overlay } from "./shell";
import { setTheme } from "./theme";

export function Palette({ groups, onClose, onOpen }: { groups: PageGroup[]; onClose: () => void; onOpen: (o: Overlay) => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const run = (action: () => unknown) => {
    onClose();
    void action();
  };
  return (
    <Radix.Root open onOpenChange={onClose}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 animate-fade bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[min(36rem,calc(100vw-24px))] -translate-x-1/2 animate-fade overflow-hidden rounded-xl bg-surface shadow-modal dark:bg-raised"
        >
          <Radix.Title className="sr-only">Search and commands</Radix.Title>
          <Command label="Search and commands" loop>
            <Command.Input
              value={typed}
              onValueChange={setTyped}
              placeholder="Go somewhere, find something, do something…"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-base text-ink outline-none"
            />
            <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1.5" label="Results">
              <Command.Empty className="px-3 py-8 text-center text-sm text-ink-3">
                Nothing found for “{typed}”. Try a page, a project or a person.
              </Command.Empty>
              <PaletteGroup heading="Pages">
                {groups.flatMap((g) => g.pages).map((p) => (
                  <Item
                    key={p.path}
                    value={`page ${p.title}`}
                    keywords={[p.also]}
                    icon={<p.icon aria-hidden="true" />}
                    hint={
                      <>
                        <Kbd>G</Kbd>
                        <Kbd>{p.key.toUpperCase()}</Kbd>
                      </>
                    }
                    onSelect={() => run(() => navigate({ to: p.path }))}
                  >
                    {p.title}
                  </Item>
                ))}
              </PaletteGroup>
              <Actions run={run} onOpen={onOpen} />
              <Objects run={run} />
              <Workspaces run={run} />
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type Run = (action: () => unknown) => void;

function Actions({ run, onOpen }: { run: Run; onOpen: (o: Overlay) => void }) {
  const me = useMe();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const dark = document.documentElement.dataset.theme === "dark";
  return (
    <PaletteGroup heading="Actions">
      {may(me, CAN.writeProjects) && (
        <Item value="New project" keywords={["create add"]} icon={<FolderPlus aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/projects", search: { new: "1" } }))}>
          New project
        </Item>
      )}
      {may(me, CAN.manageTeam) && (
        <Item value="Invite someone" keywords={["add person member"]} icon={<UserPlus aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/team", search: { new: "1" } }))}>
          Invite someone
        </Item>
      )}
      {may(me, [CAN.manageKeys, CAN.ownKeys]) && (
        <Item value="New key" keywords={["create token api secret"]} icon={<KeyRound aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/keys", search: { new: "1" } }))}>
          New key
        </Item>
      )}
      {may(me, CAN.changeSpending) && (
        <Item value="Change the spending limit" keywords={["budget money raise"]} icon={<Wallet aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/settings", search: { tab: "spending" } }))}>
          Change the spending limit
        </Item>
      )}
      {may(me, CAN.readAudit) && (
        <Item value="Verify the audit log" keywords={["check chain tamper"]} icon={<ShieldCheck aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/audit" }))}>
          Verify the audit log
        </Item>
      )}
      {may(me, CAN.exportAudit) && (
        <Item value="Export the audit log" keywords={["download csv"]} icon={<Download aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/audit" }))}>
          Export the audit log
        </Item>
      )}
      <Item value="Switch theme" keywords={["dark light mode"]} icon={dark ? <Sun aria-hidden="true" /> : <Moon aria-hidden="true" />} onSelect={() => run(() => setTheme(dark ? "light" : "dark"))}>
        Switch to the {dark ? "light" : "dark"} theme
      </Item>
      <Item value="Keyboard shortcuts" keywords={["help keys"]} icon={<Keyboard aria-hidden="true" />} hint={<Kbd>?</Kbd>} onSelect={() => onOpen("help")}>
        Keyboard shortcuts
      </Item>
      <Item value="New workspace" keywords={["create tenant"]} icon={<Plus aria-hidden="true" />} onSelect={() => onOpen("workspace")}>
        New workspace
      </Item>
      <Item value="Sign out" keywords={["log out leave"]} icon={<LogOut aria-hidden="true" />} onSelect={() => run(() => signOut())}>
        Sign out
      </Item>
    </PaletteGroup>
  );
}

function Objects({ run }: { run: Run }) {
  const me = useMe();
  const navigate = useNavigate();
  const projects = useQuery({
    queryKey: ["projects", "palette"],
    queryFn: () => api.projects.list({}),
    enabled: may(me, CAN.readProjects),
  });
  const approvals = useQuery({
    queryKey: ["approvals", "palette"],
    queryFn: () => api.approvals.list("open"),
    enabled: may(me, CAN.readApprovals),
  });
  const members = useQuery({ ...membersQuery, enabled: may(me, CAN.readTeam) });
  return (
    <>
      {(approvals.data?.items.length ?? 0) > 0 && (
        <PaletteGroup heading="Waiting for a decision">
          {approvals.data?.items.map((a) => (
            <Item key={a.id} value={`${requestName(a)} ${a.id}`} keywords={["approval"]} icon={<CheckCheck aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/approvals/$approvalId", params: { approvalId: a.id } }))}>
              {requestName(a)}
            </Item>
          ))}
        </PaletteGroup>
      )}
      {(projects.data?.items.length ?? 0) > 0 && (
        <PaletteGroup heading="Projects">
          {projects.data?.items.map((p) => (
            <Item key={p.id} value={`${p.name} ${p.id}`} keywords={["project", p.description]} icon={<FolderKanban aria-hidden="true" />} onSelect={() => run(() => navigate({ to: "/projects", search: { project: p.id } }))}>
              {p.name}
            </Item>
          ))}
        </PaletteGroup>
      )}
      {(members.data?.items.length ?? 0) > 0 && (
        <PaletteGroup heading="People">
          {members.data?.items.map((m) => (
            <Item key={m.id} value={`${m.name} ${m.email}`} keywords={["person", ROLE_TITLE[m.role]]} icon={<Users aria-hidden="true" />} hint={ROLE_TITLE[m.role]} onSelect={() => run(() => navigate({ to: "/team", search: { q: m.email } }))}>
              {m.name}
            </Item>
          ))}
        </PaletteGroup>
      )}
    </>
  );
}

function Workspaces({ run }: { run: Run }) {
  const me = useMe();
  const switchTo = useSwitchTenant();
  const others = me.tenants.filter((t) => t.id !== me.tenant.id);
  if (others.length === 0) return null;
  return (
    <PaletteGroup heading="Workspaces">
      {others.map((t) => (
        <Item key={t.id} value={`workspace ${t.name}`} icon={<Avatar name={t.name} size={16} square />} onSelect={() => run(() => switchTo(t.id))}>
          Switch to {t.name}
        </Item>
      ))}
    </PaletteGroup>
  );
}

function PaletteGroup({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="mb-1 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-3"
    >
      {children}
    </Command.Group>
  );
}

function Item({
  value,
  keywords,
  icon,
  hint,
  onSelect,
  children,
}: {
  value: string;
  keywords?: string[];
  icon: ReactNode;
  hint?: ReactNode;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <Command.Item
      value={value}
      {...(keywords ? { keywords } : {})}
      onSelect={onSelect}
      className="flex min-h-9 cursor-default items-center gap-3 rounded-md px-2.5 text-sm text-ink data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-3"
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {hint && <span className="flex shrink-0 gap-0.5 text-xs text-ink-3">{hint}</span>}
    </Command.Item>
  );
}

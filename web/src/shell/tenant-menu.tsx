// Which workspace this is, and the way to another.

import { Check, ChevronsUpDown, Plus } from "lucide-react";
import { useMe } from "@/api/viewer";
import { ROLE_TITLE } from "@/lib/permissions";
import { Avatar } from "@/ui/avatar";
import { LogoMark } from "@/ui/logo";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { useSwitchTenant } from "./session";

export function TenantMenu({ onNewWorkspace }: { onNewWorkspace: () => void }) {
  const me = useMe();
  const switchTo = useSwitchTenant();
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`Workspace: ${me.tenant.name}. Change workspace`}
          className="flex h-10 w-full min-w-0 items-center gap-2.5 rounded-md px-1.5 text-left hover:bg-hover"
        >
          <LogoMark />
          <span className="min-w-0 flex-1 truncate text-base font-semibold tracking-tight text-ink">{me.tenant.name}</span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-ink-3" aria-hidden="true" />
        </button>
      }
    >
      <MenuLabel>Your workspaces</MenuLabel>
      {me.tenants.map((t) => (
        <MenuItem
          key={t.id}
          checked={t.id === me.tenant.id}
          icon={<Avatar name={t.name} size={20} square />}
          hint={t.id === me.tenant.id ? <Check className="size-4 text-accent-text" aria-hidden="true" /> : ROLE_TITLE[t.role]}
          onSelect={() => t.id !== me.tenant.id && void switchTo(t.id)}
        >
          <span className="block truncate">{t.name}</span>
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem icon={<Plus aria-hidden="true" />} onSelect={onNewWorkspace}>
        New workspace
      </MenuItem>
    </Menu>
  );
}

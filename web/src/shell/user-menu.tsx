// The person: profile, theme, shortcuts, the ways out.

import { useNavigate } from "@tanstack/react-router";
import { CircleUser, Keyboard, LogOut, Monitor, Moon, Sun, TabletSmartphone } from "lucide-react";
import { useMe } from "@/api/viewer";
import { ROLE_TITLE } from "@/lib/permissions";
import { Avatar } from "@/ui/avatar";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { useSignOut } from "./session";
import { setTheme, type ThemeChoice, useTheme } from "./theme";

const THEMES: { value: ThemeChoice; title: string; icon: typeof Sun }[] = [
  { value: "system", title: "As the system", icon: Monitor },
  { value: "light", title: "Light", icon: Sun },
  { value: "dark", title: "Dark", icon: Moon },
];

export function UserMenu({ onHelp }: { onHelp: () => void }) {
  const me = useMe();
  const theme = useTheme();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const name = me.user?.name ?? "Signed in with a key";
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`${name}. Profile, theme and sign out`}
          className="flex h-11 w-full min-w-0 items-center gap-2.5 rounded-md px-1.5 text-left hover:bg-hover"
        >
          <Avatar name={name} size={28} />
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-medium text-ink">{name}</span>
            {me.role && <span className="block truncate text-2xs text-ink-3">{ROLE_TITLE[me.role]}</span>}
          </span>
        </button>
      }
    >
      {me.user && <MenuLabel>{me.user.email}</MenuLabel>}
      <MenuItem icon={<CircleUser aria-hidden="true" />} onSelect={() => void navigate({ to: "/settings" })}>
        Profile and password
      </MenuItem>
      <MenuItem icon={<Keyboard aria-hidden="true" />} onSelect={onHelp} hint="?">
        Keyboard shortcuts
      </MenuItem>
      <MenuSeparator />
      <MenuLabel>Theme</MenuLabel>
      {THEMES.map((t) => (
        <MenuItem
          key={t.value}
          checked={theme === t.value}
          icon={<t.icon aria-hidden="true" />}
          hint={theme === t.value ? "✓" : undefined}
          onSelect={() => setTheme(t.value)}
        >
          {t.title}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem icon={<LogOut aria-hidden="true" />} onSelect={() => void signOut()}>
        Sign out
      </MenuItem>
      <MenuItem icon={<TabletSmartphone aria-hidden="true" />} onSelect={() => void signOut(true)}>
        Sign out everywhere, end my tokens
      </MenuItem>
    </Menu>
  );
}

// Somebody's role; a menu for those who may change it.

import { Check, ChevronDown } from "lucide-react";
import type { Member, Role } from "@/api/types";
import { useMay } from "@/api/viewer";
import { CAN, ROLE_SUMMARY, ROLE_TITLE } from "@/lib/permissions";
import { Menu, MenuItem } from "@/ui/menu";
import { useChangeMember } from "./use-member";

const ROLES = Object.keys(ROLE_TITLE) as Role[];

export function RolePicker({ member }: { member: Member }) {
  const manages = useMay(CAN.manageTeam);
  const change = useChangeMember();
  if (!manages) return <span className="text-ink-2">{ROLE_TITLE[member.role]}</span>;
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`Role of ${member.name}: ${ROLE_TITLE[member.role]}. Change`}
          className="-mx-2 inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-sm text-ink hover:bg-hover"
        >
          {ROLE_TITLE[member.role]}
          <ChevronDown className="size-3.5 text-ink-3" aria-hidden="true" />
        </button>
      }
    >
      {ROLES.map((role) => (
        <MenuItem
          key={role}
          checked={role === member.role}
          hint={role === member.role && <Check className="size-4 text-accent-text" aria-hidden="true" />}
          onSelect={() => role !== member.role && change.mutate({ member, change: { role } })}
        >
          <span className="block font-medium">{ROLE_TITLE[role]}</span>
          <span className="block max-w-64 text-xs text-ink-3">{ROLE_SUMMARY[role]}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}

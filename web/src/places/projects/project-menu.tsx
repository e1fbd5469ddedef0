// What can be done with one project.

import { useNavigate } from "@tanstack/react-router";
import { Archive, ArchiveRestore, Copy, Ellipsis, Pencil } from "lucide-react";
import type { Project } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { copyText } from "@/lib/clipboard";
import { CAN } from "@/lib/permissions";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { said } from "@/ui/toast";
import { useArchive, useRestore } from "./use-projects";

export function ProjectMenu({ project }: { project: Project }) {
  const why = useWhyNot(CAN.writeProjects);
  const navigate = useNavigate({ from: "/projects" });
  const archive = useArchive();
  const restore = useRestore();
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Actions for ${project.name}`}
          className="inline-grid size-8 place-items-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
        >
          <Ellipsis className="size-4" aria-hidden="true" />
        </button>
      }
    >
      {project.archived_at ? (
        <MenuItem icon={<ArchiveRestore aria-hidden="true" />} why={why} onSelect={() => restore.mutate(project)}>
          Restore
        </MenuItem>
      ) : (
        <>
          <MenuItem icon={<Pencil aria-hidden="true" />} why={why} onSelect={() => void navigate({ search: (old) => ({ ...old, project: project.id }) })}>
            Edit
          </MenuItem>
          <MenuItem icon={<Archive aria-hidden="true" />} why={why} onSelect={() => archive.mutate(project)}>
            Archive
          </MenuItem>
        </>
      )}
      <MenuSeparator />
      <MenuItem
        icon={<Copy aria-hidden="true" />}
        onSelect={() => void copyText(project.id).then((ok) => said(ok ? "Copied the id" : `The id is ${project.id}`))}
      >
        Copy id for the API
      </MenuItem>
    </Menu>
  );
}

// A project's name, which turns into a field when clicked. Enter saves, Escape leaves it as it was.

import { useNavigate } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useRef, useState } from "react";
import { asProblem } from "@/api/problem";
import type { Project } from "@/api/types";
import { useMay } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { failed } from "@/ui/toast";
import { useRename } from "./use-projects";

export function ProjectName({ project }: { project: Project }) {
  const [editing, setEditing] = useState(false);
  const edits = useMay(CAN.writeProjects) && project.archived_at === null;
  return (
    <div className="min-w-0">
      {editing ? (
        <NameField project={project} onDone={() => setEditing(false)} />
      ) : (
        <span className="group/name flex min-h-6 items-center gap-1.5">
          <span className="min-w-0 font-medium wrap-anywhere text-ink">{project.name}</span>
          {edits && (
            <button
              type="button"
              aria-label={`Rename ${project.name}`}
              onClick={() => setEditing(true)}
              className="grid size-6 shrink-0 place-items-center rounded-sm text-ink-3 opacity-0 group-hover/name:opacity-100 hover:bg-hover hover:text-ink focus-visible:opacity-100 pointer-coarse:opacity-100"
            >
              <Pencil className="size-3.5" aria-hidden="true" />
            </button>
          )}
        </span>
      )}
      {project.description && <p className="text-xs wrap-anywhere text-ink-3">{project.description}</p>}
    </div>
  );
}

function NameField({ project, onDone }: { project: Project; onDone: () => void }) {
  const [name, setName] = useState(project.name);
  const rename = useRename();
  const navigate = useNavigate();
  const finished = useRef(false);
  const finish = () => {
    if (finished.current) return;
    finished.current = true;
    onDone();
  };
  const save = () => {
    const wanted = name.trim();
    if (finished.current || rename.isPending) return;
    if (!wanted || wanted === project.name) return finish();
    rename.mutate(
      { project, name: wanted },
      {
        onSuccess: finish,
        onError: (error) => {
          finish();
          // Somebody else was faster: the edit page shows both versions.
          if (asProblem(error).code === "stale") void navigate({ to: "/projects", search: { project: project.id } });
          failed(`Could not rename ${project.name}`, error);
        },
      },
    );
  };
  return (
    <input
      autoFocus
      aria-label={`Name of ${project.name}`}
      aria-busy={rename.isPending || undefined}
      value={name}
      maxLength={200}
      onChange={(e) => setName(e.target.value)}
      onFocus={(e) => e.currentTarget.select()}
      onBlur={save}
      onKeyDown={(e) => {
        if (e.key === "Enter") save();
        if (e.key === "Escape") finish();
      }}
      className="-mx-1.5 h-7 w-full rounded-sm border border-ring bg-surface px-1.5 text-sm font-medium text-ink dark:bg-sunken"
    />
  );
}

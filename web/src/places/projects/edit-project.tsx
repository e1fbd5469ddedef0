// Editing a project. If somebody else saved meanwhile, both versions are shown.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem, Problem } from "@/api/problem";
import { projectQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { Clash } from "@/ui/clash";
import { Dialog, FormDialog } from "@/ui/dialog";
import { Field, Input, TextArea } from "@/ui/field";
import { Loaded } from "@/ui/loaded";
import { BlockSkeleton } from "@/ui/skeleton";
import { said } from "@/ui/toast";
import { useRename } from "./use-projects";

export function EditProject({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(projectQuery(id));
  if (query.data) return <EditForm key={id} project={query.data} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={onClose} title="Project">
      <Loaded query={query} subject="this project" skeleton={<BlockSkeleton lines={5} label="the project" />}>
        {() => null}
      </Loaded>
    </Dialog>
  );
}

function EditForm({ project, onClose }: { project: Project; onClose: () => void }) {
  const noWrite = useWhyNot(CAN.writeProjects);
  const rename = useRename();
  const [base, setBase] = useState(project);
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description);
  const [clash, setClash] = useState(false);
  const why = noWrite ?? (project.archived_at ? "It is archived. Restore it first." : null) ?? (name.trim() ? null : "A project needs a name.");
  const locked = Boolean(noWrite) || project.archived_at !== null;

  const save = async (version: number) => {
    try {
      const saved = await rename.mutateAsync({ project: { ...base, version }, name: name.trim(), description: description.trim() });
      said(`Saved ${saved.name}`);
      onClose();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "stale") throw error;
      setClash(true);
    }
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={locked ? project.name : "Edit project"}
      submit="Save project"
      why={clash ? "Choose between the two versions above first." : why}
      onSubmit={() => save(base.version)}
    >
      {(problem) => (
        <>
          {clash && (
            <Clash
              what={`“${base.name}”`}
              yours={{ Name: name, Description: description }}
              theirs={{ Name: project.name, Description: project.description }}
              onKeepYours={() => {
                setClash(false);
                save(project.version).catch((error: unknown) => said(asProblem(error).detail));
              }}
              onTakeTheirs={() => {
                setClash(false);
                setBase(project);
                setName(project.name);
                setDescription(project.description);
              }}
            />
          )}
          <Field label="Name" error={problem?.forField("name")}>
            {(ids) => <Input {...ids} autoFocus={!locked} readOnly={locked} maxLength={200} value={name} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <Field label="Description" optional error={problem?.forField("description")}>
            {(ids) => <TextArea {...ids} readOnly={locked} rows={3} value={description} onChange={(e) => setDescription(e.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  );
}

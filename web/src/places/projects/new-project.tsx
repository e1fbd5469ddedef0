// Making a project.

import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { projects } from "@/api/endpoints";
import { FormDialog } from "@/ui/dialog";
import { Field, Input, TextArea } from "@/ui/field";
import { said } from "@/ui/toast";

export function NewProject({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = async () => {
    const made = await projects.create({ name: name.trim(), ...(description.trim() ? { description: description.trim() } : {}) });
    setName("");
    setDescription("");
    onClose();
    said(`Created ${made.name}`);
    await refreshTopics("projects", "audit");
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onClose}
      title="New project"
      submit="Create project"
      why={name.trim() ? null : "Give the project a name first."}
      onSubmit={create}
    >
      {(problem) => (
        <>
          <Field label="Name" error={problem?.forField("name")}>
            {(ids) => <Input {...ids} autoFocus maxLength={200} value={name} onChange={(e) => setName(e.target.value)} placeholder="Spring launch" />}
          </Field>
          <Field label="Description" optional hint="What it is for, in a sentence." error={problem?.forField("description")}>
            {(ids) => <TextArea {...ids} rows={2} value={description} onChange={(e) => setDescription(e.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  );
}

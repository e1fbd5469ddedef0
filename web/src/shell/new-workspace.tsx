// A new workspace: its own people, limits, keys and history. Whoever makes it becomes its admin.

import { useState } from "react";
import { tenants } from "@/api/endpoints";
import { useMe } from "@/api/viewer";
import { CURRENCIES } from "@/lib/currencies";
import { FormDialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { ZonePicker } from "@/ui/zone-picker";
import { useSwitchTenant } from "./session";

export function NewWorkspace({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const switchTo = useSwitchTenant();
  const [name, setName] = useState("");
  const [zone, setZone] = useState(me.tenant.time_zone);
  const [currency, setCurrency] = useState(me.tenant.currency);
  const create = async () => {
    const tenant = await tenants.create({ name: name.trim(), time_zone: zone, currency });
    onClose();
    await switchTo(tenant.id);
  };
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title="New workspace"
      description="A separate place with its own people, limits, keys and history. You become its admin."
      submit="Create and open"
      onSubmit={create}
    >
      {(problem) => (
        <>
          <Field label="Name" error={problem?.forField("name")}>
            {(ids) => <Input {...ids} autoFocus required value={name} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <ZonePicker label="Time zone" value={zone} onChange={setZone} error={problem?.forField("time_zone") ?? null} />
          <Field label="Currency" hint="For limits and costs." error={problem?.forField("currency")}>
            {(ids) => (
              <Select {...ids} value={currency} onChange={(e) => setCurrency(e.target.value)}>
                {CURRENCIES.map((c) => (
                  <option key={c.code} value={c.code}>
                    {c.code} · {c.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </>
      )}
    </FormDialog>
  );
}

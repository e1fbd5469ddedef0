// Your name and time zone.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { me as meApi } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import { meQuery } from "@/api/queries";
import { useMe } from "@/api/viewer";
import { browserZone } from "@/lib/time";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Section } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-view";
import { said } from "@/ui/toast";
import { ZonePicker } from "@/ui/zone-picker";
import { SaveBar } from "./save-bar";

export function Profile() {
  const { user } = useMe();
  const cache = useQueryClient();
  const [name, setName] = useState(user?.name ?? "");
  const [zone, setZone] = useState(user?.time_zone ?? browserZone());
  const save = useMutation({
    mutationFn: () => meApi.update({ name: name.trim(), time_zone: zone }),
    onSuccess: (me) => {
      cache.setQueryData(meQuery.queryKey, me);
      said("Your profile is saved");
    },
  });
  if (!user) return null;
  const problem = save.error ? asProblem(save.error) : null;
  const changed = name !== user.name || zone !== user.time_zone;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Section title="Your profile" summary="How others see you, and the zone your times are shown in.">
      <form onSubmit={submit} noValidate>
        <div className="grid gap-4 p-4 sm:grid-cols-2 sm:p-5">
          {problem && (
            <div className="sm:col-span-2">
              <ProblemNote problem={problem} />
            </div>
          )}
          <Field label="Name" error={problem?.forField("name")}>
            {(ids) => <Input {...ids} autoComplete="name" value={name} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <Field label="Email" hint="An admin changes it by inviting the new address.">
            {(ids) => <Input {...ids} type="email" readOnly value={user.email} className="bg-sunken" />}
          </Field>
          <ZonePicker label="Time zone" value={zone} onChange={setZone} error={problem?.forField("time_zone") ?? null} />
        </div>
        <SaveBar changed={changed}>
          <Button
            kind="quiet"
            onClick={() => {
              setName(user.name);
              setZone(user.time_zone);
            }}
          >
            Discard
          </Button>
          <Button type="submit" kind="primary" busy={save.isPending}>
            Save profile
          </Button>
        </SaveBar>
      </form>
    </Section>
  );
}

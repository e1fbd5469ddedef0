// The workspace's name, time zone and currency. A clash with somebody else's change shows both versions.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { tenants } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import { meQuery, tenantQuery } from "@/api/queries";
import type { Tenant } from "@/api/types";
import { useMe, useWhyNot } from "@/api/viewer";
import { CURRENCIES } from "@/lib/currencies";
import { CAN } from "@/lib/permissions";
import { Button } from "@/ui/button";
import { Clash } from "@/ui/clash";
import { Field, Input, Select } from "@/ui/field";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-view";
import { BlockSkeleton } from "@/ui/skeleton";
import { When } from "@/ui/time";
import { said } from "@/ui/toast";
import { ZonePicker } from "@/ui/zone-picker";
import { SaveBar } from "./save-bar";

export function Workspace() {
  const me = useMe();
  const query = useQuery(tenantQuery(me.tenant.id));
  return (
    <Section title="Workspace" summary="The time zone is where schedules run. The currency is what limits count in.">
      <Loaded query={query} subject="the workspace" skeleton={<BlockSkeleton lines={6} label="the workspace" />}>
        {(tenant) => <WorkspaceForm tenant={tenant} />}
      </Loaded>
    </Section>
  );
}

function WorkspaceForm({ tenant }: { tenant: Tenant }) {
  const cache = useQueryClient();
  const why = useWhyNot(CAN.manageWorkspace);
  // What the person started from; a newer version from the server must not move under their hands.
  const [base, setBase] = useState(tenant);
  const [name, setName] = useState(tenant.name);
  const [zone, setZone] = useState(tenant.time_zone);
  const [currency, setCurrency] = useState(tenant.currency);
  const changed = name !== base.name || zone !== base.time_zone || currency !== base.currency;
  const start = (from: Tenant) => {
    setBase(from);
    setName(from.name);
    setZone(from.time_zone);
    setCurrency(from.currency);
  };
  if (!changed && tenant.version !== base.version) start(tenant);

  const save = useMutation({
    mutationFn: (version: number) => tenants.update({ ...base, version }, { name: name.trim(), time_zone: zone, currency }),
    onSuccess: (saved) => {
      cache.setQueryData(tenantQuery(tenant.id).queryKey, saved);
      start(saved);
      void cache.invalidateQueries({ queryKey: meQuery.queryKey });
      said("The workspace is saved");
    },
    onError: () => void cache.invalidateQueries({ queryKey: tenantQuery(tenant.id).queryKey }),
  });
  const problem = save.error ? asProblem(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(base.version);
  };
  return (
    <form onSubmit={submit} noValidate>
      <div className="grid gap-4 p-4 sm:grid-cols-2 sm:p-5">
        {problem?.code === "stale" ? (
          <div className="sm:col-span-2">
            <Clash
              what="the workspace"
              yours={{ Name: name, "Time zone": zone, Currency: currency }}
              theirs={{ Name: tenant.name, "Time zone": tenant.time_zone, Currency: tenant.currency }}
              onKeepYours={() => save.mutate(tenant.version)}
              onTakeTheirs={() => {
                save.reset();
                start(tenant);
              }}
            />
          </div>
        ) : (
          problem && (
            <div className="sm:col-span-2">
              <ProblemNote problem={problem} />
            </div>
          )
        )}
        <Field label="Name" error={problem?.forField("name")} hint={why ?? undefined}>
          {(ids) => <Input {...ids} value={name} readOnly={Boolean(why)} onChange={(e) => setName(e.target.value)} />}
        </Field>
        <Field label="Currency" hint="Amounts already set keep their number." error={problem?.forField("currency")}>
          {(ids) => (
            <Select {...ids} value={currency} disabled={Boolean(why)} onChange={(e) => setCurrency(e.target.value)}>
              {!CURRENCIES.some((c) => c.code === currency) && <option value={currency}>{currency}</option>}
              {CURRENCIES.map((c) => (
                <option key={c.code} value={c.code}>
                  {c.code} · {c.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {why ? (
          <Field label="Time zone">{(ids) => <Input {...ids} value={zone} readOnly />}</Field>
        ) : (
          <ZonePicker label="Time zone" value={zone} onChange={setZone} error={problem?.forField("time_zone") ?? null} />
        )}
        <div className="self-end text-xs text-ink-3 sm:pb-6">
          Created <When at={tenant.created_at} />
        </div>
      </div>
      <SaveBar changed={changed}>
        <Button kind="quiet" onClick={() => start(tenant)}>
          Discard
        </Button>
        <Button type="submit" kind="primary" busy={save.isPending} why={why}>
          Save workspace
        </Button>
      </SaveBar>
    </form>
  );
}

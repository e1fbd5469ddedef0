// Making a key: its kind, its name, what it may do, how long it lasts. Then the secret, once.

import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { keys } from "@/api/endpoints";
import { rolesQuery } from "@/api/queries";
import type { KeyCreated, KeyKind, NewKey as Body } from "@/api/types";
import { useMe, useWhyNot } from "@/api/viewer";
import { CAN, grantable } from "@/lib/permissions";
import { Button } from "@/ui/button";
import { CopyBox } from "@/ui/copy";
import { Dialog, DialogActions, FormDialog } from "@/ui/dialog";
import { Checkbox, Choices, Field, Input, Select, TextArea } from "@/ui/field";
import { KINDS } from "./kinds";

export function NewKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [created, setCreated] = useState<KeyCreated | null>(null);
  return (
    <>
      {open && <KeyForm onClose={onClose} onCreated={setCreated} />}
      <Secret created={created} onClose={() => setCreated(null)} />
    </>
  );
}

function KeyForm({ onClose, onCreated }: { onClose: () => void; onCreated: (created: KeyCreated) => void }) {
  const noManage = useWhyNot(CAN.manageKeys);
  const noOwn = useWhyNot(CAN.ownKeys);
  const why = { write: noManage, server: noManage, personal: noOwn };
  const [kind, setKind] = useState<KeyKind>(noManage ? "personal" : "write");
  const [name, setName] = useState("");
  const [days, setDays] = useState(kind === "write" ? "" : "90");
  const [origins, setOrigins] = useState("");
  const [permissions, setPermissions] = useState<string[]>([]);
  const choosesPermissions = kind !== "write";
  const originList = origins.split(/[\s,]+/).filter(Boolean);
  const create = async () => {
    const body: Body = {
      name: name.trim(),
      kind,
      ...(choosesPermissions ? { permissions } : {}),
      ...(kind === "write" && originList.length > 0 ? { allowed_origins: originList } : {}),
      ...(days ? { expires_in_days: Number(days) } : {}),
    };
    onCreated(await keys.create(body));
    onClose();
    await refreshTopics("keys", "audit");
  };
  const missing =
    why[kind] ??
    (name.trim() ? null : "Name it after the place that uses it.") ??
    (choosesPermissions && permissions.length === 0 ? "Choose at least one thing it may do." : null);
  return (
    <FormDialog open wide onOpenChange={onClose} title="New key" submit="Make the key" why={missing} onSubmit={create}>
      {(problem) => (
        <>
          <Choices
            legend="What is it for?"
            value={kind}
            onChange={(next) => {
              setKind(next);
              setPermissions((chosen) => grantable(chosen, next));
              setDays(next === "write" ? "" : "90");
            }}
            options={(Object.keys(KINDS) as KeyKind[]).map((k) => {
              const Icon = KINDS[k].icon;
              return {
                value: k,
                title: `${KINDS[k].title} · ${KINDS[k].short.toLowerCase()}`,
                summary: KINDS[k].summary,
                icon: <Icon className="size-4 text-ink-3" aria-hidden="true" />,
                why: why[k],
              };
            })}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Name" hint="The place that uses it." error={problem?.forField("name")}>
              {(ids) => <Input {...ids} value={name} maxLength={120} onChange={(e) => setName(e.target.value)} placeholder="Shop website" />}
            </Field>
            <Field label="Ends after" error={problem?.forField("expires_in_days")}>
              {(ids) => (
                <Select {...ids} value={days} onChange={(e) => setDays(e.target.value)}>
                  <option value="30">30 days</option>
                  <option value="90">90 days</option>
                  <option value="365">One year</option>
                  <option value="">Never</option>
                </Select>
              )}
            </Field>
          </div>
          {kind === "write" && (
            <Field
              label="Allowed websites"
              optional
              hint="One per line, such as https://shop.example. Empty means any website."
              error={problem?.forField("allowed_origins")}
            >
              {(ids) => <TextArea {...ids} rows={2} value={origins} onChange={(e) => setOrigins(e.target.value)} className="font-mono text-xs" />}
            </Field>
          )}
          {choosesPermissions && <Permissions kind={kind} chosen={permissions} onChange={setPermissions} error={problem?.forField("permissions") ?? null} />}
        </>
      )}
    </FormDialog>
  );
}

/** Only what its maker may do can be given to a key. */
function Permissions({
  kind,
  chosen,
  onChange,
  error,
}: {
  kind: KeyKind;
  chosen: string[];
  onChange: (next: string[]) => void;
  error: string | null;
}) {
  const me = useMe();
  const { data } = useQuery(rolesQuery);
  const allowed = grantable(me.permissions, kind);
  const own = data?.permissions.filter((p) => allowed.includes(p.id)) ?? [];
  const reading = own.filter((p) => p.id.endsWith(".read")).map((p) => p.id);
  return (
    <fieldset>
      <legend className="text-sm font-medium text-ink">What may it do?</legend>
      <div className="mt-1 mb-2 flex flex-wrap items-center gap-2 text-xs text-ink-3">
        {kind === "server" ? "Never more than you may do yourself, and nothing that needs a person." : "Never more than you may do yourself."}
        <Button size="sm" kind="quiet" onClick={() => onChange(reading)}>
          Reading only
        </Button>
        <Button size="sm" kind="quiet" onClick={() => onChange(own.map((p) => p.id))}>
          Everything
        </Button>
        <Button size="sm" kind="quiet" onClick={() => onChange([])}>
          Nothing
        </Button>
      </div>
      <div className="grid max-h-56 gap-x-6 gap-y-1.5 overflow-y-auto rounded-lg border border-line bg-sunken p-3 sm:grid-cols-2">
        {own.map((p) => (
          <Checkbox
            key={p.id}
            label={p.title}
            checked={chosen.includes(p.id)}
            onChange={(e) => onChange(e.target.checked ? [...chosen, p.id] : chosen.filter((x) => x !== p.id))}
          />
        ))}
      </div>
      {error && (
        <p role="alert" className="mt-1 text-xs text-bad-text">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function Secret({ created, onClose }: { created: KeyCreated | null; onClose: () => void }) {
  if (!created) return null;
  return (
    <Dialog open onOpenChange={onClose} wide title={`${created.key.name} is ready`} description="Copy the key now and put it where it is used.">
      <CopyBox text={created.secret} label="The key" copyLabel="Copy key" />
      <p className="mt-3 flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2.5 text-sm text-warn-text">
        <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
        This is the only time it is shown. Marketflow keeps just a fingerprint of it. If it is lost, make a new one and revoke this one.
      </p>
      <DialogActions>
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      </DialogActions>
    </Dialog>
  );
}

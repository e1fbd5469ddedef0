// What each role may do, exactly as the server checks it.

import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { Fragment } from "react";
import { rolesQuery } from "@/api/queries";
import type { RoleMatrix } from "@/api/types";
import { useMe } from "@/api/viewer";
import { Badge } from "@/ui/badge";
import { Loaded } from "@/ui/loaded";
import { Card } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";

export function RoleMatrixTable() {
  const query = useQuery(rolesQuery);
  return (
    <Card>
      <Loaded query={query} subject="the roles" skeleton={<RowsSkeleton rows={8} label="the roles" />}>
        {(matrix) => (
          <>
            <dl className="grid gap-px border-b border-line bg-line sm:grid-cols-2 lg:grid-cols-4">
              {matrix.roles.map((r) => (
                <RoleCard key={r.role} title={r.title} summary={r.summary} role={r.role} />
              ))}
            </dl>
            <Matrix matrix={matrix} />
          </>
        )}
      </Loaded>
    </Card>
  );
}

function RoleCard({ title, summary, role }: { title: string; summary: string; role: string }) {
  const me = useMe();
  return (
    <div className="bg-surface px-4 py-3.5">
      <dt className="flex items-center gap-2 text-sm font-medium text-ink">
        {title} {me.role === role && <Badge tone="accent">You</Badge>}
      </dt>
      <dd className="mt-0.5 text-xs text-ink-3">{summary}</dd>
    </div>
  );
}

function Matrix({ matrix }: { matrix: RoleMatrix }) {
  const groups = Map.groupBy(matrix.permissions, (p) => p.group);
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Permissions by role">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line">
            <th scope="col" className="h-9 px-4 text-left text-xs font-medium text-ink-3">
              May…
            </th>
            {matrix.roles.map((r) => (
              <th key={r.role} scope="col" className="h-9 w-24 px-2 text-center text-xs font-medium text-ink-3">
                {r.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...groups].map(([group, permissions]) => (
            <Fragment key={group}>
              <tr className="border-b border-line bg-sunken">
                <th scope="colgroup" colSpan={matrix.roles.length + 1} className="px-4 py-1.5 text-left text-xs font-medium text-ink-3">
                  {group}
                </th>
              </tr>
              {permissions.map((p) => (
                <tr key={p.id} className="border-b border-line last:border-0">
                  <th scope="row" className="px-4 py-2 text-left font-normal text-ink">
                    {p.title}
                    {p.summary && <span className="block text-xs text-ink-3">{p.summary}</span>}
                  </th>
                  {matrix.roles.map((r) => (
                    <td key={r.role} className="px-2 py-2 text-center">
                      {p.roles.includes(r.role) ? (
                        <>
                          <Check className="mx-auto size-4 text-good-text" aria-hidden="true" />
                          <span className="sr-only">yes</span>
                        </>
                      ) : (
                        <>
                          <span aria-hidden="true" className="text-ink-3">
                            ·
                          </span>
                          <span className="sr-only">no</span>
                        </>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

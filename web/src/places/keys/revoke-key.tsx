// Ending a key cannot be undone, so it asks once, and says what will stop.

import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { keys } from "@/api/endpoints";
import type { ApiKey } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { Button } from "@/ui/button";
import { FormDialog } from "@/ui/dialog";
import { Ago } from "@/ui/time";
import { said } from "@/ui/toast";

export function RevokeKey({ apiKey }: { apiKey: ApiKey }) {
  const [asking, setAsking] = useState(false);
  const manages = useWhyNot(CAN.manageKeys);
  const revoke = async () => {
    await keys.revoke(apiKey.id);
    setAsking(false);
    said(`${apiKey.name} no longer works`);
    await refreshTopics("keys", "audit");
  };
  return (
    <>
      <Button size="sm" kind="dangerPlain" why={apiKey.mine ? null : manages} onClick={() => setAsking(true)} aria-label={`Revoke ${apiKey.name}`}>
        Revoke
      </Button>
      <FormDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke ${apiKey.name}?`}
        description={
          <>
            Everything that uses <code className="font-mono">{apiKey.hint}</code> stops working at once, and this cannot be undone.{" "}
            {apiKey.last_used_at ? (
              <>
                It was last used <Ago at={apiKey.last_used_at} />.
              </>
            ) : (
              "It was never used."
            )}
          </>
        }
        submit="Revoke the key"
        danger
        onSubmit={revoke}
      >
        {() => null}
      </FormDialog>
    </>
  );
}

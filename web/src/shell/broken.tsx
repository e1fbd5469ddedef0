// What stands in place of a page that does not exist or may not be seen.

import { Link } from "@tanstack/react-router";
import { Compass, Lock } from "lucide-react";
import { useEffect } from "react";
import { buttonStyle } from "@/ui/button";
import { Empty } from "@/ui/empty";

export function NotFound() {
  useEffect(() => {
    document.title = "Not found · Marketflow";
  }, []);
  return (
    <main className="grid min-h-[60dvh] place-items-center">
      <Empty
      alone
        icon={<Compass aria-hidden="true" />}
        title="There is no page here"
        action={
          <Link to="/" className={buttonStyle({ kind: "primary" })}>
            Go to Home
          </Link>
        }
      >
        The address may be mistyped, or what stood here belongs to another workspace or was removed.
      </Empty>
    </main>
  );
}

export function NoAccess({ title, why }: { title: string; why: string }) {
  return (
    <Empty
      alone
      icon={<Lock aria-hidden="true" />}
      title={`${title} is not open to you`}
      action={
        <Link to="/" className={buttonStyle({ kind: "plain" })}>
          Go to Home
        </Link>
      }
    >
      {why}
    </Empty>
  );
}

// Settings: yourself first, then the workspace.

import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { NoAccess } from "@/shell/broken";
import { Page, PageHeader } from "@/ui/page";
import { LinkTabs } from "@/ui/tabs";
import { ApprovalThresholds } from "./approval-thresholds";
import { Password } from "./password";
import { Privacy } from "./privacy";
import { Profile } from "./profile";
import { Sessions } from "./sessions";
import { SpendingLimit } from "./spending-limit";
import { Workspace } from "./workspace";

const route = getRouteApi("/app/settings");

const TITLES = { workspace: "Workspace", spending: "Spending limit", approvals: "Approvals", privacy: "Privacy" } as const;

export function Settings() {
  const { tab } = route.useSearch();
  const erases = useMay(CAN.erase);
  const tabs = [
    { value: undefined, title: "You" },
    { value: "workspace", title: TITLES.workspace },
    { value: "spending", title: TITLES.spending },
    { value: "approvals", title: TITLES.approvals },
    ...(erases ? [{ value: "privacy", title: TITLES.privacy }] : []),
  ];
  return (
    <Page narrow>
      <PageHeader title="Settings" />
      <LinkTabs label="Settings" name="tab" value={tabs.some((t) => t.value === tab) ? tab : undefined} tabs={tabs} />
      {panel(tab, erases)}
    </Page>
  );
}

function panel(tab: string | undefined, erases: boolean): ReactNode {
  if (tab === "workspace") return <Workspace />;
  if (tab === "spending") return <SpendingLimit />;
  if (tab === "approvals") return <ApprovalThresholds />;
  if (tab === "privacy") {
    return erases ? <Privacy /> : <NoAccess title="Privacy" why="Only admins can ask for data to be erased. Ask one of them." />;
  }
  return (
    <>
      <Profile />
      <Password />
      <Sessions />
    </>
  );
}

// The daily work: projects, spending and its approval, keys, jobs, audit, settings.

import { api, check, euros, eventually, newMember, visit } from "./harness.mjs";

const unique = (word) => `${word} ${Date.now().toString(36)}`;

async function newProject(page, name) {
  await page.goto("/projects?new=1");
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("table").getByText(name, { exact: true }).waitFor();
}

/** Leaves no raise waiting, whoever asked for it. */
async function noRaiseWaiting(browser, base) {
  for (const role of ["Approver", "Admin"]) {
    await visit(browser, base, role, {}, async (page) => {
      const { body } = await api(page, "GET", "/approvals?state=open");
      for (const a of body.items) {
        if (a.kind !== "spending.raise_limit" || !a.can_decide) continue;
        await api(page, "POST", `/approvals/${a.id}/send-back`, { note: "Clearing the table for a test.", content_hash: a.content_hash });
      }
    });
  }
}

export const flows = {
  async "projects: create, find, rename in place, archive, undo"({ browser, base }) {
    await visit(browser, base, "Marketer", {}, async (page) => {
      const name = unique("Harvest");
      await newProject(page, name);
      await page.getByRole("searchbox", { name: "Search projects" }).fill(name.toLowerCase());
      await page.waitForURL(/q=/);
      await eventually(() => page.getByRole("row").count(), (n) => n === 2, "the search does not narrow the list to one");
      await page.getByRole("button", { name: `Rename ${name}` }).click();
      const renamed = `${name} B`;
      await page.getByRole("textbox", { name: `Name of ${name}` }).fill(renamed);
      await page.keyboard.press("Enter");
      await page.getByRole("table").getByText(renamed, { exact: true }).waitFor();
      await page.getByRole("button", { name: `Actions for ${renamed}` }).click();
      await page.getByRole("menuitem", { name: "Archive" }).click();
      await page.getByText(`Archived ${renamed}`).waitFor();
      await page.getByRole("table").getByText(renamed, { exact: true }).waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByRole("table").getByText(renamed, { exact: true }).waitFor();
      await page.getByText(`${renamed} is back`).waitFor();
    });
  },

  async "projects: two people edit the same one, nothing is lost"({ browser, base }) {
    const name = unique("Clash");
    await visit(browser, base, "Marketer", { expects: [412] }, async (page) => {
      await newProject(page, name);
      await page.getByRole("button", { name: `Actions for ${name}` }).click();
      await page.getByRole("menuitem", { name: "Edit" }).click();
      await page.getByRole("textbox", { name: "Description" }).fill("mine");
      await visit(browser, base, "Admin", {}, async (admin) => {
        const { body } = await api(admin, "GET", `/projects?q=${encodeURIComponent(name)}`);
        const saved = await api(admin, "PATCH", `/projects/${body.items[0].id}`, { description: "theirs" }, { "if-match": `"${body.items[0].version}"` });
        check(saved.status === 200, `the other person could not save: ${saved.status}`);
      });
      await page.getByRole("button", { name: "Save project" }).click();
      await page.getByText("Somebody changed").waitFor();
      await page.getByRole("cell", { name: "theirs" }).waitFor();
      await page.getByRole("cell", { name: "mine" }).waitFor();
      await page.getByRole("button", { name: "Save mine over it" }).click();
      await page.getByText(`Saved ${name}`).waitFor();
      await page.getByRole("table").getByText("mine").waitFor();
    });
  },

  async "projects: empty name is refused before sending, analysts are told why they cannot"({ browser, base }) {
    await visit(browser, base, "Analyst", {}, async (page) => {
      await page.getByRole("link", { name: "Projects" }).first().click();
      const create = page.getByRole("button", { name: "New project" }).first();
      check((await create.getAttribute("aria-disabled")) === "true", "an analyst can create projects");
      await create.focus();
      const why = await page.getByRole("tooltip").textContent();
      check(/Analyst/.test(why) && /admin/i.test(why), `the reason does not name role and remedy: ${why}`);
      await page.goto("/projects?new=1");
      await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
      check((await page.getByRole("dialog").count()) === 0, "the address opens the form anyway");
    });
  },

  async "spending: a large raise waits, is approved by another, and counts live in the first tab"({ browser, base }) {
    await noRaiseWaiting(browser, base);
    await visit(browser, base, "Marketer", {}, async (page) => {
      const { body: before } = await api(page, "GET", "/settings/spending");
      const wanted = before.limit.minor + 100_000;
      await page.goto("/settings?tab=spending");
      await page.getByRole("textbox", { name: /^New limit in/ }).fill(String(wanted / 100));
      await page.getByText("another person has to approve it").waitFor();
      await page.getByRole("textbox", { name: /^Reason/ }).fill("Spring launch");
      await page.getByRole("button", { name: `Ask to raise it to ${euros(wanted)}` }).click();
      await page.getByText("The limit stays as it is until then").waitFor();
      await page.getByRole("link", { name: "See the request" }).click();
      await page.getByText("You cannot decide this one").waitFor();
      await page.goBack();
      await page.getByText("The limit stays as it is until then").waitFor();

      await visit(browser, base, "Approver", {}, async (approver) => {
        await approver.getByRole("link", { name: new RegExp(`Raise the spending limit to ${euros(wanted)}`) }).click();
        await approver.getByRole("article").getByRole("insertion").filter({ hasText: euros(wanted) }).waitFor();
        await approver.getByRole("textbox", { name: "Note" }).fill("Fine for the launch.");
        await approver.getByRole("button", { name: "Approve and raise the limit" }).click();
        await approver.getByText(/Approved: Raise the spending limit/).first().waitFor();
        await approver.getByRole("article").getByText("Approved and done").waitFor();
      });
      await page.getByRole("region", { name: "Spending limit" }).getByText(euros(wanted), { exact: true }).waitFor();
    });
  },

  async "spending: sent back with a note, the requester reads why"({ browser, base }) {
    await noRaiseWaiting(browser, base);
    await visit(browser, base, "Marketer", {}, async (page) => {
      const { body: before } = await api(page, "GET", "/settings/spending");
      const wanted = before.limit.minor + 200_000;
      const asked = await api(page, "PUT", "/settings/spending", { limit: { minor: wanted, currency: before.limit.currency } }, { "if-match": `"${before.version}"` });
      const id = asked.body.approval.id;
      await page.goto(`/approvals/${id}`);
      await visit(browser, base, "Approver", {}, async (approver) => {
        await approver.goto(`/approvals/${id}`);
        await approver.getByRole("button", { name: "Send back" }).click();
        await approver.getByText("Say what should change").waitFor();
        await approver.getByRole("textbox", { name: "Note" }).fill("Half of it, please.");
        await approver.getByRole("button", { name: "Send back" }).click();
        await approver.getByText(/^Sent back to/).waitFor();
      });
      await page.getByText("Half of it, please.").waitFor();
      await page.getByRole("article").getByText("Sent back", { exact: true }).waitFor();
    });
  },

  async "approvals: when the server refuses, the screen goes back and says so"({ browser, base }) {
    await noRaiseWaiting(browser, base);
    let id = "";
    await visit(browser, base, "Marketer", {}, async (page) => {
      const { body: before } = await api(page, "GET", "/settings/spending");
      const asked = await api(page, "PUT", "/settings/spending", { limit: { minor: before.limit.minor + 300_000, currency: before.limit.currency } }, { "if-match": `"${before.version}"` });
      id = asked.body.approval.id;
    });
    await visit(browser, base, "Approver", { expects: [503] }, async (page) => {
      await page.goto(`/approvals/${id}`);
      await page.route("**/approve", (route) =>
        route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ code: "unavailable", title: "Busy", status: 503, detail: "The database is busy.", request_id: "req_test" }) }),
      );
      await page.getByRole("button", { name: "Approve and raise the limit" }).click();
      await page.getByText(/^Not approved:/).waitFor();
      await page.getByText("req_test").waitFor();
      await page.getByRole("article").getByText("Waiting", { exact: true }).waitFor();
      check(await page.getByRole("button", { name: "Approve and raise the limit" }).isVisible(), "the decision is gone after the refusal");
    });
  },

  async "keys: made, shown once, copied, revoked"({ browser, base }) {
    await visit(browser, base, "Admin", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      const name = unique("Till");
      await page.getByRole("link", { name: "Keys" }).click();
      await page.getByRole("button", { name: "New key" }).first().click();
      await page.getByRole("radio", { name: /^Server key/ }).check();
      await page.getByRole("textbox", { name: "Name" }).fill(name);
      const make = page.getByRole("button", { name: "Make the key" });
      check((await make.getAttribute("aria-disabled")) === "true", "a server key without permissions can be made");
      await page.getByRole("radio", { name: /^Personal token/ }).check();
      await page.getByRole("checkbox", { name: "Manage the team" }).check();
      await page.getByRole("radio", { name: /^Server key/ }).check();
      await page.getByRole("checkbox", { name: "See projects" }).waitFor();
      check((await page.getByRole("checkbox", { name: "Manage the team" }).count()) === 0, "a server key is offered what needs a person");
      // The server takes everything that is offered.
      await page.getByRole("button", { name: "Everything", exact: true }).click();
      await make.click();
      const secret = await page.getByRole("textbox", { name: "The key" }).inputValue();
      check(secret.length > 20, "no secret is shown");
      await page.getByRole("button", { name: "Copy key" }).click();
      await page.getByText("Copied", { exact: true }).waitFor();
      check((await page.evaluate(() => navigator.clipboard.readText())) === secret, "the clipboard holds something else");
      await page.getByRole("button", { name: "I have copied it" }).click();
      await page.getByRole("table", { name: "Keys" }).getByText(name).waitFor();
      check(!(await page.content()).includes(secret), "the secret is still in the page");
      await page.getByRole("button", { name: `Revoke ${name}` }).click();
      await page.getByRole("button", { name: "Revoke the key" }).click();
      await page.getByRole("table", { name: "Keys" }).getByText(name).waitFor({ state: "detached" });
      await page.getByRole("link", { name: "Revoked and expired" }).click();
      await page.getByRole("table", { name: "Ended keys" }).getByText(name).waitFor();
    });
  },

  async "team: role changed and undone, the last admin stays"({ browser, base }) {
    await visit(browser, base, "Admin", { expects: [409] }, async (page) => {
      await page.getByRole("link", { name: "Team" }).click();
      const analyst = page.getByRole("button", { name: /^Role of .*: Analyst\. Change$/ }).first();
      const label = await analyst.getAttribute("aria-label");
      const person = label.slice("Role of ".length, label.indexOf(":"));
      await analyst.click();
      await page.getByRole("menuitemradio", { name: /^Marketer/ }).click();
      await page.getByText(`${person} is now Marketer`).waitFor();
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByRole("button", { name: `Role of ${person}: Analyst. Change` }).waitFor();
      await page.getByRole("button", { name: /^Role of .*: Admin\. Change$/ }).first().click();
      await page.getByRole("menuitemradio", { name: /^Approver/ }).click();
      await page.getByText(/^Could not change/).waitFor();
      await page.getByRole("button", { name: /^Role of .*: Admin\. Change$/ }).first().waitFor();
      await page.getByRole("link", { name: "Roles" }).click();
      await page.getByRole("region", { name: "Permissions by role" }).waitFor();
    });
  },

  async "audit: what was just done is there, filtered by address, verified and exported"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      const name = unique("Traced");
      await newProject(page, name);
      await page.getByRole("link", { name: "Audit" }).click();
      await page.getByRole("searchbox", { name: "Search what happened" }).fill(name);
      await page.waitForURL(/q=Traced/);
      const entry = page.getByRole("button", { name: new RegExp(name) }).first();
      await entry.click();
      await page.waitForURL(/entry=/);
      await page.getByText("Entry number").waitFor();
      await page.reload();
      await page.getByText("Entry number").waitFor();
      const linked = new URL(page.url()).searchParams.get("entry");
      await page.goto(`/audit?action=key.&entry=${linked}`);
      await page.getByText("Entry number").waitFor();
      await page.getByRole("combobox", { name: "What" }).selectOption({ label: "Projects" });
      await page.waitForURL(/action=project\./);
      await page.getByRole("button", { name: new RegExp(name) }).first().waitFor();
      await page.getByRole("button", { name: "Verify the chain" }).click();
      await page.getByText("Nothing was altered.").waitFor();
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByRole("radio", { name: /^CSV/ }).check();
      await page.getByRole("button", { name: "Prepare the file" }).click();
      const link = page.getByRole("link", { name: "Download the file" });
      await link.waitFor({ timeout: 30_000 });
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      check((await download.failure()) === null, "the download failed");
    });
  },

  async "jobs: the export stands among the finished jobs and opens"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      const started = await api(page, "POST", "/audit/exports", { format: "ndjson" });
      check(started.status === 202, `the export was not accepted: ${started.status}`);
      await page.goto(`/jobs/${started.body.id}`);
      await page.getByRole("link", { name: /^Download / }).waitFor({ timeout: 30_000 });
      await page.getByRole("link", { name: "All jobs" }).click();
      await page.getByRole("table", { name: "Jobs" }).waitFor();
      await page.getByRole("link", { name: "Schedules" }).click();
      await page.waitForURL(/tab=schedules/);
    });
  },

  async "settings: a threshold changed, kept, and reset to its default"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      await page.goto("/settings?tab=approvals");
      const field = page.getByRole("textbox", { name: /^Large audience/ });
      await field.fill("lots");
      const save = page.getByRole("button", { name: "Save approval settings" });
      check((await save.getAttribute("aria-disabled")) === "true", "words are accepted as a number");
      await field.fill("12,345");
      await save.click();
      await page.getByText(/^Saved\./).waitFor();
      await page.reload();
      await eventually(() => field.inputValue(), (v) => v === "12345", "the threshold was not kept");
      await page.getByRole("button", { name: "Reset “Large audience” to default" }).click();
      await save.click();
      await page.getByText(/^Saved\./).waitFor();
      await eventually(() => field.inputValue(), (v) => v === "10000", "the default did not come back");
    });
  },

  async "privacy: erasing is asked for, approved by another, and proven"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      const name = unique("Forget");
      const reason = `Asked for by its owner in letter ${Date.now()}`;
      await newProject(page, name);
      await page.goto("/settings?tab=privacy");
      await page.getByRole("button", { name: "Ask to erase…" }).click();
      await page.getByRole("combobox", { name: "Who or what" }).selectOption({ label: name });
      await page.getByRole("textbox", { name: "Reason" }).fill(reason);
      await page.getByRole("button", { name: "Ask for approval" }).click();
      const row = page.getByRole("listitem").filter({ hasText: reason });
      await row.getByText(name).waitFor();
      await row.getByText("Waits for approval").waitFor();
      const approver = await newMember(browser, base, "Approver");
      await approver.page.getByRole("link", { name: new RegExp(`^Erase a project: ${name}`) }).click();
      await approver.page.getByRole("button", { name: "Approve and erase for good" }).click();
      await row.getByText("Erased", { exact: true }).waitFor();
      await row.getByText(/^Proof:/).click();
      await row.getByRole("table").waitFor();
      check((await page.getByText(name).count()) === 0, "the name of what was erased is still on the page");
      await approver.close();
    });
  },

  async "profile: name and zone change every time on the page"({ browser, base }) {
    await visit(browser, base, "Approver", {}, async (page) => {
      await page.goto("/settings");
      const zone = page.getByRole("combobox", { name: "Time zone" });
      const before = await zone.inputValue();
      await zone.fill("tokyo");
      await zone.press("Enter");
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.getByText("Your profile is saved").waitFor();
      await page.getByRole("link", { name: "Home" }).click();
      await page.getByText("in Tokyo").waitFor();
      await page.goto("/settings");
      await zone.fill(before);
      await zone.press("Enter");
      await page.getByRole("button", { name: "Save profile" }).click();
      await page.getByText("Your profile is saved").waitFor();
    });
  },
};

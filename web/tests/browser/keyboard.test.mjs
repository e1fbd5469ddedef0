// Everything without a mouse.

import { api, check, euros, eventually, visit } from "./harness.mjs";

const raiseTo = (approval) => `Raise the spending limit to ${euros(approval.diff.find((line) => line.field === "limit").after.minor)}`;

export const keyboard = {
  async "palette: opens with Ctrl K, finds pages, projects and actions"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      const name = `Needle ${Date.now().toString(36)}`;
      await api(page, "POST", "/projects", { name });
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search and commands" }).fill("aud");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/audit$/);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search and commands" }).fill(name);
      await page.getByRole("option", { name }).waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL(/project=/);
      await eventually(() => page.getByRole("textbox", { name: "Name" }).inputValue(), (v) => v === name, "the project does not open");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search and commands" }).fill("invite");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Invite someone" }).waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    });
  },

  async "G then a letter goes places, ? lists the keys, typing is left alone"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      for (const [letter, path] of [["p", "/projects"], ["a", "/approvals"], ["j", "/jobs"], ["t", "/team"], ["k", "/keys"], ["u", "/audit"], ["s", "/settings"], ["h", "/"]]) {
        await page.keyboard.press("g");
        await page.keyboard.press(letter);
        await page.waitForURL(base + path);
      }
      await page.keyboard.press("?");
      const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
      await help.getByText("Search and commands").waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      const search = page.getByRole("searchbox", { name: "Search projects" });
      await search.pressSequentially("gj?");
      check((await search.inputValue()) === "gj?", "typing in a field triggers shortcuts");
      check(page.url().includes("/projects"), "typing in a field goes elsewhere");
    });
  },

  async "approve without a mouse"({ browser, base }) {
    let title = "";
    await visit(browser, base, "Marketer", {}, async (page) => {
      const { body: now } = await api(page, "GET", "/settings/spending");
      if (now.pending_approval_id) {
        const waiting = await api(page, "GET", `/approvals/${now.pending_approval_id}`);
        title = raiseTo(waiting.body);
        return;
      }
      const asked = await api(page, "PUT", "/settings/spending", { limit: { minor: now.limit.minor + 70_000, currency: now.limit.currency } }, { "if-match": `"${now.version}"` });
      title = raiseTo(asked.body.approval);
    });
    await visit(browser, base, "Approver", {}, async (page) => {
      await page.keyboard.press("g");
      await page.keyboard.press("a");
      await page.getByRole("list", { name: "Requests" }).getByText(title).waitFor();
      for (let i = 0; i < 20; i++) {
        await page.keyboard.press("j");
        await page.waitForURL(/\/approvals\/apr_/);
        const shown = await page.getByRole("article").getAttribute("aria-label");
        if (shown === title) break;
      }
      const approve = page.getByRole("button", { name: "Approve and raise the limit" });
      await approve.waitFor();
      await page.keyboard.press("s");
      check(await page.getByRole("textbox", { name: "Note" }).evaluate((e) => e === document.activeElement), "S does not go to the note");
      await page.keyboard.press("Tab");
      check(await approve.evaluate((e) => e === document.activeElement), "the approve button does not follow the note");
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("a");
      check(await approve.evaluate((e) => e === document.activeElement), "A does not go to the approve button");
      await page.keyboard.press("Enter");
      await page.getByText(`Approved: ${title}`).first().waitFor();
    });
  },

  async "skip link, and focus moves with the page"({ browser, base }) {
    await visit(browser, base, "Analyst", {}, async (page) => {
      await page.reload();
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.keyboard.press("Tab");
      const skip = page.getByRole("link", { name: "Skip to content" });
      check(await skip.evaluate((e) => e === document.activeElement), "the first stop is not the skip link");
      await page.keyboard.press("Enter");
      check(await page.evaluate(() => document.activeElement?.id === "main"), "the skip link does not lead to the content");
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
      await eventually(() => page.evaluate(() => document.activeElement?.id), (id) => id === "main", "the focus stays on the page left behind");
    });
  },
};

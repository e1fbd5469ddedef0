// Getting in and out: set-up, sign-in, invitations, passwords, sessions.

import { check, forgetSignIn, newPerson, signIn, startServer, visit } from "./harness.mjs";

const PASSWORD = "orchid kettle window";

export const doors = {
  async "first start: set up a workspace and land inside"({ browser }) {
    const server = await startServer("serve");
    try {
      await visit(browser, server.base, null, {}, async (page) => {
        await page.goto("/");
        await page.getByRole("heading", { name: "Welcome to Marketflow" }).waitFor();
        const zone = page.getByRole("combobox", { name: "Time zone" });
        check((await zone.inputValue()) === "Europe/Berlin", "the browser's time zone is not preselected");
        const create = page.getByRole("button", { name: "Create workspace" });
        check((await create.getAttribute("aria-disabled")) === "true", "the form can be sent empty");
        await page.getByRole("textbox", { name: "Workspace name" }).fill("Harbour Works");
        await zone.fill("kathm");
        await zone.press("Enter");
        check((await zone.inputValue()) === "Asia/Kathmandu", "typing a city and Enter does not choose the zone");
        await page.getByRole("textbox", { name: "Your name" }).fill("First Person");
        await page.getByRole("textbox", { name: "Your email" }).fill("first@example.org");
        await page.getByRole("textbox", { name: "Password" }).fill("short");
        await page.getByText("Too short").waitFor();
        await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
        await create.click();
        await page.getByRole("heading", { level: 1, name: /^Good .*, First$/ }).waitFor();
        await page.getByText("in Kathmandu").waitFor();
        await page.getByRole("heading", { name: "Getting started" }).waitFor();
        await page.getByRole("button", { name: /Workspace: Harbour Works/ }).waitFor();
        await page.goto("/setup");
        await page.getByText("already set up").waitFor();
      });
    } finally {
      await server.stop();
    }
  },

  async "sign-in: wrong password is explained, the wanted page opens afterwards, sign-out leaves"({ browser, base }) {
    await visit(browser, base, null, { expects: [401] }, async (page) => {
      await page.goto("/jobs?state=done");
      await page.waitForURL(/\/sign-in\?next=/);
      await page.getByRole("textbox", { name: "Email" }).fill("nobody@example.org");
      await page.getByRole("textbox", { name: "Password" }).fill("wrong password here");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("alert").waitFor();
      check((await page.getByRole("textbox", { name: "Email" }).inputValue()) === "nobody@example.org", "what was typed is lost");
      await page.getByRole("button", { name: /^Sign in as Admin,/ }).click();
      await page.waitForURL(/\/jobs\?state=done$/);
      await page.getByRole("button", { name: /Profile, theme and sign out/ }).click();
      await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
      await page.getByText("You are signed out.").waitFor();
      await page.goto("/");
      await page.waitForURL(/\/sign-in/);
    });
  },

  async "invitation: link from one browser, joined in another, seen live in the first"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      const email = `guest-${Date.now()}@example.org`;
      await page.getByRole("link", { name: "Team" }).click();
      await page.getByRole("button", { name: "Invite someone" }).click();
      await page.getByRole("textbox", { name: "Email" }).fill(email);
      await page.getByRole("radio", { name: /^Analyst/ }).check();
      await page.getByRole("button", { name: "Make the invitation" }).click();
      const link = await page.getByRole("textbox", { name: "Invitation link" }).inputValue();
      check(link.startsWith(base) && link.includes("#"), `not a whole link with its secret after #: ${link}`);
      await page.getByRole("button", { name: "Done" }).click();

      await visit(browser, base, null, { expects: [410] }, async (guest) => {
        await guest.goto(link);
        await guest.getByRole("heading", { name: /^Join / }).waitFor();
        check(!guest.url().includes("#"), "the secret stays in the address bar");
        await guest.getByRole("textbox", { name: "Your name" }).fill("Guest Person");
        await guest.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
        await guest.getByRole("button", { name: /^Join / }).click();
        await guest.getByRole("heading", { level: 1, name: /, Guest$/ }).waitFor();
        check((await guest.getByRole("button", { name: "Invite someone" }).count()) === 0, "an analyst sees an invite button on Home");
        await guest.goto(link);
        await guest.getByRole("heading", { name: "This invitation no longer works" }).waitFor();
      });
      await page.getByRole("table", { name: "People" }).getByText(email).waitFor();
    });
  },

  async "password: an admin's reset link lets somebody choose a new one, once"({ browser, base }) {
    await visit(browser, base, "Admin", {}, async (page) => {
      const email = `reset-${Date.now()}@example.org`;
      await page.goto("/team?new=1");
      await page.getByRole("textbox", { name: "Email" }).fill(email);
      await page.getByRole("button", { name: "Make the invitation" }).click();
      const invitation = await page.getByRole("textbox", { name: "Invitation link" }).inputValue();
      await page.getByRole("button", { name: "Done" }).click();
      await visit(browser, base, null, { expects: [410] }, async (guest) => {
        await guest.goto(invitation);
        await guest.getByRole("textbox", { name: "Your name" }).fill("Reset Person");
        await guest.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
        await guest.getByRole("button", { name: /^Join / }).click();
        await guest.getByRole("heading", { level: 1, name: /, Reset$/ }).waitFor();

        await page.getByRole("row").filter({ hasText: email }).getByRole("button", { name: /^Actions for/ }).click();
        await page.getByRole("menuitem", { name: "Make a password reset link" }).click();
        const reset = await page.getByRole("textbox", { name: "Password reset link" }).inputValue();
        await guest.goto(reset);
        await guest.getByRole("textbox", { name: "New password" }).fill("another kettle window");
        await guest.getByRole("button", { name: "Change password" }).click();
        await guest.getByText("Your password is changed").waitFor();
        await guest.getByRole("textbox", { name: "Email" }).fill(email);
        await guest.getByRole("textbox", { name: "Password" }).fill("another kettle window");
        await guest.getByRole("button", { name: "Sign in", exact: true }).click();
        await guest.getByRole("heading", { level: 1, name: /, Reset$/ }).waitFor();
        await guest.goto(reset);
        await guest.getByRole("textbox", { name: "New password" }).fill("third kettle window");
        await guest.getByRole("button", { name: "Change password" }).click();
        await guest.getByRole("heading", { name: "This link no longer works" }).waitFor();
      });
    });
  },

  async "sign out everywhere: the other browser notices by itself"({ browser, base }) {
    forgetSignIn(base, "Analyst");
    const other = await newPerson(browser, base, { expects: [401] });
    await signIn(other.page, "Analyst");
    await visit(browser, base, null, { expects: [401] }, async (page) => {
      await signIn(page, "Analyst");
      await page.goto("/settings");
      await page.getByText("This one").waitFor();
      await page.getByRole("button", { name: "Sign out everywhere" }).click();
      await page.getByText("You are signed out.").waitFor();
    });
    await other.page.waitForURL(/\/sign-in/);
    await other.close();
  },

  async "workspaces: make a second one, move between them, nothing is shared"({ browser, base }) {
    await visit(browser, base, "Marketer", {}, async (page) => {
      const name = `Annex ${Date.now()}`;
      const home = (await page.getByRole("button", { name: /^Workspace: / }).textContent())?.trim() ?? "";
      await page.getByRole("button", { name: /^Workspace: / }).click();
      await page.getByRole("menuitem", { name: "New workspace" }).click();
      await page.getByRole("textbox", { name: "Name" }).fill(name);
      await page.getByRole("button", { name: "Create and open" }).click();
      await page.getByRole("button", { name: `Workspace: ${name}. Change workspace` }).waitFor();
      await page.getByRole("link", { name: "Projects" }).first().click();
      await page.getByRole("heading", { name: "Start your first project" }).waitFor();
      await page.getByRole("button", { name: /^Workspace: / }).click();
      await page.getByRole("menuitemradio", { name: new RegExp(home) }).click();
      await page.getByRole("button", { name: `Workspace: ${home}. Change workspace` }).waitFor();
    });
  },
};

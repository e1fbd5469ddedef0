// What every browser test needs: a server of its own, browsers, and eyes on the console and the network.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = fileURLToPath(new URL(".", import.meta.url));
const binary = resolve(process.env.MARKETFLOW_BIN ?? join(here, "../../../target/debug/marketflow"));
const browserPath = process.env.MARKETFLOW_TEST_CHROMIUM ?? "/usr/bin/chromium";
export const WAIT = 10_000;

async function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.on("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** Starts `marketflow demo` (filled) or `marketflow serve` (empty, waiting to be set up) on a folder of its own. */
export async function startServer(mode) {
  const data = await mkdtemp(join(tmpdir(), "marketflow-browser-"));
  const port = await freePort();
  // As the server itself says it: links it makes begin with this, and a session belongs to one name.
  const base = `http://localhost:${port}`;
  const child = spawn(binary, [mode, "--data", data, "--listen", `127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const gone = new Promise((_, fail) => {
    child.on("error", (error) => fail(new Error(`${binary} could not be started: ${error.message}`)));
    child.on("exit", (code) => fail(new Error(`the server stopped with code ${code}:\n${output.slice(-2000)}`)));
  });
  gone.catch(() => {});
  await Promise.race([ready(base), gone]);
  return {
    base,
    output: () => output,
    async stop() {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function ready(base) {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const ok = await fetch(`${base}/api/v1/instance`).then((r) => r.ok, () => false);
    if (ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`the server at ${base} was not ready within 60 s`);
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: browserPath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A person at a browser. Collects whatever should not happen. */
export async function newPerson(browser, base, { theme = "light", width = 1440, height = 900, expects = [], ...more } = {}) {
  const context = await browser.newContext({
    baseURL: base, viewport: { width, height }, colorScheme: theme, timezoneId: "Europe/Berlin", locale: "en-GB", reducedMotion: "reduce", ...more,
  });
  context.setDefaultTimeout(WAIT);
  const complaints = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== base) complaints.push(`request to ${url.origin}`);
  });
  context.on("weberror", (error) => complaints.push(`page error: ${error.error().message}`));
  context.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    const status = Number(/status of (\d{3})/.exec(message.text())?.[1]);
    if (!expects.includes(status)) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  return {
    context,
    complaints,
    page: await context.newPage(),
    async close() {
      await context.close();
      if (complaints.length > 0) throw new Error(`the console or the network complained:\n  ${[...new Set(complaints)].join("\n  ")}`);
    },
  };
}

export async function signIn(page, role) {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: new RegExp(`^Sign in as ${role},`, "i") }).click();
  await page.getByRole("heading", { level: 1, name: /^Good / }).waitFor();
}

// Signing in is tested on its own; elsewhere each role does it once, as people do who come back.
const known = new Map();

/** To be called after a role's sessions were ended. */
export function forgetSignIn(base, role) {
  known.delete(`${base} ${role}`);
}

/** Somebody in this role, signed in and on Home. */
export async function newMember(browser, base, role, options = {}) {
  const key = `${base} ${role}`;
  const storageState = known.get(key);
  const person = await newPerson(browser, base, { ...options, ...(storageState ? { storageState } : {}) });
  if (storageState) {
    await person.page.goto("/");
    await person.page.getByRole("heading", { level: 1, name: /^Good / }).waitFor();
  } else {
    await signIn(person.page, role);
    known.set(key, await person.context.storageState());
  }
  return person;
}

/** Runs one person's visit and checks at the end that nothing complained. */
export async function visit(browser, base, role, options, run) {
  const person = role ? await newMember(browser, base, role, options) : await newPerson(browser, base, options);
  try {
    await run(person.page, person);
  } catch (error) {
    await person.context.close();
    throw error;
  }
  await person.close();
}

/** A call to the API as whoever is signed in on the page, for preparing a test. */
export async function api(page, method, path, body, headers = {}) {
  return page.evaluate(
    async ([verb, address, content, extra]) => {
      const me = await (await fetch("/api/v1/me")).json();
      const response = await fetch(`/api/v1${address}`, {
        method: verb,
        headers: { "content-type": "application/json", "x-csrf-token": me.csrf_token, "idempotency-key": Math.random().toString(36).slice(2).padEnd(16, "x"), ...extra },
        ...(content === undefined ? {} : { body: JSON.stringify(content) }),
      });
      const text = await response.text();
      return { status: response.status, etag: response.headers.get("etag"), body: text ? JSON.parse(text) : null };
    },
    [method, path, body, headers],
  );
}

/** An amount as the app writes it. */
export const euros = (minor) => new Intl.NumberFormat("en-GB", { style: "currency", currency: "EUR", maximumFractionDigits: minor % 100 ? 2 : 0 }).format(minor / 100);

export function check(condition, message) {
  if (!condition) throw new Error(message);
}

/** A measured time beside its goal. It is told and fails nothing: a busy machine is not a fault of the product. */
export function figure(what, milliseconds, goal) {
  const verdict = milliseconds <= goal ? "within" : "OVER";
  console.log(`        ${what}: ${Math.round(milliseconds)} ms, ${verdict} the goal of ${goal} ms`);
}

/** Waits until something reads as expected. */
export async function eventually(read, isRight, what) {
  const until = Date.now() + WAIT;
  let last;
  while (Date.now() < until) {
    last = await read();
    if (isRight(last)) return last;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${what}; last seen: ${JSON.stringify(last)}`);
}

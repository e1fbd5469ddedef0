// Runs schemathesis against a demo server of its own: every operation of the served OpenAPI description, with
// good and bad input, must answer as described and never with a 5xx.
//
//   node scripts/api-contract.mjs SERVER_BINARY [schemathesis options…]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

// They end the access the run itself depends on (everything after them would only be answered with 401), or never
// end at all.
const ENDS_THE_RUN = String.raw`^(POST \S*/(logout(-everywhere)?|me/password)|DELETE \S*/me/sessions/\{\w+\}|GET \S*/changes)$`;

const [binary, ...options] = process.argv.slice(2);
const schemathesis = process.env.MARKETFLOW_TEST_SCHEMATHESIS;
if (!binary || !schemathesis) {
  console.error("usage: MARKETFLOW_TEST_SCHEMATHESIS=path node scripts/api-contract.mjs SERVER_BINARY [options]");
  process.exit(2);
}

const config = new URL("schemathesis.toml", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "marketflow-contract-"));
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const server = spawn(binary, ["demo", "--data", folder, "--listen", `127.0.0.1:${port}`], {
  // The run sends thousands of requests a minute: what is tested is the answers, not the limits.
  env: {
    ...process.env,
    MARKETFLOW_AUTH__ACCESS_TOKEN_MINUTES: "240",
    MARKETFLOW_LIMITS__ANONYMOUS_PER_MINUTE: "1000000",
    MARKETFLOW_LIMITS__SESSION_PER_MINUTE: "1000000",
    MARKETFLOW_LIMITS__KEY_PER_MINUTE: "1000000",
  },
  stdio: ["ignore", "inherit", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill("SIGKILL"));

try {
  await untilReady();
  const token = await signIn();
  const passed = await run(token);
  const { status } = await fetch(`${base}/api/v1/me`, bearer(token));
  if (status !== 200) {
    throw new Error(`the run lost its own access (GET /me now answers ${status}): name the operation in ENDS_THE_RUN`);
  }
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
} finally {
  if (server.exitCode === null && server.kill("SIGTERM")) await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
}

async function untilReady() {
  for (let tries = 0; tries < 150; tries += 1) {
    if (server.exitCode !== null) throw new Error(`the server ended at once, with status ${server.exitCode}`);
    const answer = await fetch(`${base}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the server was not ready within 30 s");
}

/** An access token of the demo's administrator: some operations are only for people who signed in. */
async function signIn() {
  const instance = await json("/api/v1/instance");
  const admin = instance.demo_logins.find((login) => login.role === "admin");
  if (!admin) throw new Error("the demo offers no administrator to log in as");
  return (await json("/api/v1/auth/login", { email: admin.email, password: admin.password })).access_token;
}

async function run(token) {
  const fixed = ["--header", `Authorization: Bearer ${token}`, "--exclude-name-regex", ENDS_THE_RUN];
  const child = spawn(schemathesis, ["--config-file", config, "run", `${base}/api/openapi.json`, ...fixed, ...options], {
    stdio: ["ignore", "inherit", "inherit"],
    cwd: folder,
  });
  const [code] = await once(child, "exit");
  return code === 0;
}

async function json(path, body, token) {
  const request = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const headers = { "content-type": "application/json", ...(token ? bearer(token).headers : {}) };
  const answer = await fetch(base + path, { ...request, headers });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

function bearer(token) {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port: free } = probe.address();
  probe.close();
  await once(probe, "close");
  return free;
}

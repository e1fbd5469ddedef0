// Runs the browser tests against the built server: `npm run test:browser [part of a test's name]`.

import { existsSync } from "node:fs";
import { startBrowser, startServer } from "./harness.mjs";
import { doors } from "./doors.test.mjs";
import { flows } from "./flows.test.mjs";
import { keyboard } from "./keyboard.test.mjs";
import { rules } from "./rules.test.mjs";

const only = process.argv[2]?.toLowerCase();
const chromiumPath = process.env.MARKETFLOW_TEST_CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(chromiumPath)) {
  console.error(`Chromium is not at ${chromiumPath}. Install the package "chromium", or set MARKETFLOW_TEST_CHROMIUM.`);
  process.exit(1);
}

const demo = await startServer("demo");
const browser = await startBrowser();
let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries({ ...doors, ...flows, ...keyboard, ...rules })) {
  if (only && !name.toLowerCase().includes(only)) continue;
  const started = performance.now();
  try {
    await run({ browser, base: demo.base });
    passed += 1;
    console.log(`  ok    ${name} (${Math.round(performance.now() - started)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`  FAIL  ${name}\n${String(error.stack ?? error).replace(/^/gm, "        ")}`);
  }
}
await browser.close();
await demo.stop();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

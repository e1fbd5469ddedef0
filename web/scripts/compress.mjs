// Puts a gzip and a brotli copy beside every asset worth it, and prints what a first visit costs.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const worth = new Set([".html", ".js", ".css", ".svg", ".json", ".txt"]);

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

const sizes = new Map();
for (const path of files(dist)) {
  if (!worth.has(extname(path))) continue;
  const content = readFileSync(path);
  const gz = gzipSync(content, { level: 9 });
  const br = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  sizes.set(relative(dist, path), { gz: gz.length, br: br.length });
  // A copy that is not smaller is not worth a file.
  if (gz.length < content.length) writeFileSync(`${path}.gz`, gz);
  if (br.length < content.length) writeFileSync(`${path}.br`, br);
}

const html = readFileSync(join(dist, "index.html"), "utf8");
const entry = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]);
const entryGz = entry.reduce((sum, name) => sum + (sizes.get(name)?.gz ?? 0), 0);
const everythingBr = [...sizes.values()].reduce((sum, s) => sum + s.br, 0);
const kb = (n) => `${(n / 1000).toFixed(1)} kB`;
console.log(`entry ${kb(entryGz)} gzip; whole app ${kb(everythingBr)} brotli; ${sizes.size} files, ${kb(statSync(join(dist, "index.html")).size)} html`);
if (entryGz > 120_000) {
  console.error("The entry is over its budget of 120 kB gzip. Load something later.");
  process.exit(1);
}

#!/usr/bin/env node
// A stand-in server for building pages without the real one: everything in memory, same contract, same headers.
// Takes the same arguments as the real one: `mock.mjs demo --listen 127.0.0.1:8080` or `serve` for an empty first start.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { answer } from "./mock/routes.mjs";
import { openStream, readBody, send, sendRefusal } from "./mock/http.mjs";
import { id, seed, state } from "./mock/state.mjs";

const argument = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : fallback;
};
const [host, port] = argument("--listen", "127.0.0.1:8080").split(":");
const delay = Number(process.env.MOCK_DELAY ?? 25);
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

if (process.argv[2] === "serve") Object.assign(state, { setupNeeded: true, demo: false });
else seed();

createServer(async (req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  res.requestId = id("req");
  try {
    if (url.pathname === "/healthz") return send(res, 200, { status: "ok" });
    if (url.pathname === "/readyz") return send(res, 200, { status: "ready" });
    if (url.pathname === "/api/v1/changes") return openStream(req, res);
    if (url.pathname.startsWith("/api/")) {
      const body = await readBody(req);
      if (delay) await new Promise((done) => setTimeout(done, delay));
      const [status, value] = answer(req, res, url, body);
      const version = value?.version;
      return send(res, status, value, version ? { ETag: `"${version}"` } : {});
    }
    if (url.pathname.startsWith("/blobs/")) {
      res.writeHead(200, { "Content-Type": "text/csv", "Content-Disposition": `attachment; filename="${url.pathname.slice(7)}"` });
      return res.end("seq,at,actor,action\n1,2025-01-01T00:00:00Z,Alex Admin,tenant.created\n");
    }
    return serveFile(req, res, url.pathname);
  } catch (error) {
    return sendRefusal(res, error);
  }
}).listen(Number(port), host, () => console.log(`listening on http://${host}:${port}`));

function serveFile(req, res, pathname) {
  let file = normalize(join(dist, pathname));
  if (!file.startsWith(dist) || !existsSync(file) || statSync(file).isDirectory()) file = join(dist, "index.html");
  const headers = {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Cache-Control": pathname.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    "Content-Security-Policy":
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    Vary: "Accept-Encoding",
  };
  for (const [coding, ending] of [["br", ".br"], ["gzip", ".gz"]]) {
    if ((req.headers["accept-encoding"] ?? "").includes(coding) && existsSync(file + ending)) {
      headers["Content-Encoding"] = coding;
      file += ending;
      break;
    }
  }
  res.writeHead(200, headers);
  createReadStream(file).pipe(res);
}

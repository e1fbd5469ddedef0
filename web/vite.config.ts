import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import type { Rolldown } from "vite";
import { defineConfig, type Plugin } from "vitest/config";

// The running server that `npm run dev` asks.
const server = process.env.MARKETFLOW_URL ?? "http://127.0.0.1:8080";

/** Moves the stylesheet behind the waiting picture, which has its own styles and can then paint at once. */
const stylesLast: Plugin = {
  name: "styles-last",
  apply: "build",
  enforce: "post",
  transformIndexHtml: {
    order: "post",
    handler(html) {
      const link = /\s*<link rel="stylesheet"[^>]*>/.exec(html)?.[0];
      return link ? html.replace(link, "").replace("<noscript>", `${link.trim()}\n    <noscript>`) : html;
    },
  },
};

/** What each kind of visit needs right after the entry; the first script fetches it without waiting for the entry to ask. */
const VISITS = { door: ["src/places/auth/sign-in.tsx"], app: ["src/shell/shell.tsx"] };

/** Writes those files onto the tag of the first script, which knows which kind of visit this is. */
const visits: Plugin = {
  name: "visits",
  apply: "build",
  enforce: "post",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const already = chunks.filter((chunk) => chunk.isEntry).flatMap((chunk) => withImports(chunk, chunks));
      const data = Object.entries(VISITS).map(([kind, modules]) => {
        const wanted = chunks.filter((chunk) => modules.some((module) => chunk.facadeModuleId?.endsWith(module)));
        if (wanted.length < modules.length) throw new Error(`no chunk of its own: one of ${modules.join(", ")}`);
        const files = new Set(wanted.flatMap((chunk) => withImports(chunk, chunks)).filter((file) => !already.includes(file)));
        return `data-${kind}="${[...files].map((file) => `/${file}`).join(" ")}"`;
      });
      return html.replace('<script src="/first.js"', `<script src="/first.js" ${data.join(" ")}`);
    },
  },
};

function withImports(chunk: Rolldown.OutputChunk, all: Rolldown.OutputChunk[], found = new Set<string>()): string[] {
  if (!found.has(chunk.fileName)) {
    found.add(chunk.fileName);
    for (const other of all) if (chunk.imports.includes(other.fileName)) withImports(other, all, found);
  }
  return [...found];
}

export default defineConfig({
  plugins: [react(), tailwindcss(), stylesLast, visits],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // The content security policy forbids data: fonts and scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // A few chunks by when they are needed, instead of a hundred small ones: every file costs a request.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "vendor", test: /node_modules\/(react|react-dom|scheduler|openapi-fetch|use-sync-external-store)\//, priority: 50 },
            { name: "vendor", test: /node_modules\/@tanstack\/(?!react-table|table-core)/, priority: 50 },
            { name: "core", test: /src\/(api|lib)\/|src\/router\.tsx|src\/shell\/(page-broken|theme)\.|src\/places\/auth\/door\.|src\/ui\/logo\.|preload-helper/, priority: 40 },
            {
              name: "kit",
              test: /src\/ui\/(avatar|badge|button|copy|empty|field|loaded|now|problem-view|skeleton|time|tooltip)\.|node_modules\/(clsx|class-variance-authority|lucide-react)\//,
              priority: 30,
            },
            { name: "frame", test: /src\/(shell\/(?!palette|shortcut-help|new-workspace|theme|broken|page-broken)|live\/|ui\/(dialog|menu|toast|page|tabs)\.)/, priority: 20 },
            { name: "frame", test: /node_modules\/(radix-ui|@radix-ui|@floating-ui|sonner|aria-hidden|react-remove-scroll|get-nonce|react-style-singleton|use-callback-ref|use-sidecar|tslib)/, priority: 20 },
            { name: "table", test: /node_modules\/@tanstack\/(react-table|table-core)|src\/ui\/table\./, priority: 20 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": server,
      "/auth": server,
      "/blobs": server,
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    css: true,
  },
});

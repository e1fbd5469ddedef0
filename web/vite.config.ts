import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";

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

export default defineConfig({
  plugins: [react(), tailwindcss(), stylesLast],
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
            { name: "core", test: /src\/(api|lib)\/|src\/router\.tsx|src\/shell\/(page-broken|theme)\.|preload-helper/, priority: 40 },
            {
              name: "kit",
              test: /src\/ui\/(avatar|badge|button|copy|empty|field|loaded|logo|now|problem-view|skeleton|time|tooltip)\.|node_modules\/(clsx|class-variance-authority|lucide-react)\//,
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
      "/api": { target: server },
      "/blobs": { target: server },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    css: true,
  },
});

// Starts the app: the first page is made ready behind the waiting picture, then takes its place in one step.

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "@/api/cache";
import { router } from "@/router";
import { followTheme } from "@/shell/theme";
import "@/styles/app.css";

followTheme();

// A failure here is shown by the router itself.
await router.load().catch(() => undefined);

await stylesheet();

const place = document.getElementById("root");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

/** The styles stand at the end of the page, so that the waiting picture need not wait for them. The app does. */
async function stylesheet(): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>('link[rel="stylesheet"]');
  if (!link || link.sheet) return;
  await new Promise((done) => {
    link.addEventListener("load", done, { once: true });
    link.addEventListener("error", done, { once: true });
  });
}

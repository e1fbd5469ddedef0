// The secret part of a link stands after #, so that it never reaches a server log.

import { useState } from "react";

export function useLinkToken(): string {
  const [token] = useState(() => {
    const found = decodeURIComponent(window.location.hash.slice(1));
    // Taken out of the address bar, so it is not left in the history or in a screenshot.
    if (found) window.history.replaceState(window.history.state, "", window.location.pathname);
    return found;
  });
  return token;
}

// Copying works on plain http too, where the browser hides navigator.clipboard.

export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Permission refused: try the older way below.
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text: string): boolean {
  const previous = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.style.position = "fixed";
  field.style.opacity = "0";
  // Inside an open dialog, focus may not leave it; so the field goes where the focus is.
  const host = previous instanceof HTMLElement ? (previous.closest("[role=dialog]") ?? document.body) : document.body;
  host.append(field);
  field.select();
  let copied = false;
  try {
    copied = document.execCommand("copy");
  } catch {
    copied = false;
  }
  field.remove();
  if (previous instanceof HTMLElement) previous.focus();
  return copied;
}

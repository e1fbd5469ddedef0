// Links the server gives may be relative; people need the whole address.

export function absolute(url: string): string {
  return new URL(url, window.location.origin).toString();
}

// Keyboard shortcuts: single keys and "G then P" sequences, never with a modifier and never while typing.

export interface KeyLike {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  target: EventTarget | null;
  defaultPrevented: boolean;
}

export interface ChordState {
  pending: string | null;
  since: number;
}

export type ChordResult = { state: ChordState; fired: string | null; held: boolean };

export const IDLE: ChordState = { pending: null, since: 0 };
const PATIENCE = 1500;

/** True when the key belongs to the page, not to the browser or to a field being typed in. */
export function isForPage(event: KeyLike): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  return !isTyping(event.target);
}

/**
 * Feeds one key into the chord machine. `prefixes` start a sequence; `bound` says which complete chords exist,
 * written "g p" or "j".
 */
export function pressKey(
  state: ChordState,
  key: string,
  now: number,
  prefixes: ReadonlySet<string>,
  bound: (chord: string) => boolean,
): ChordResult {
  const pressed = key.length === 1 ? key.toLowerCase() : key;
  const open = state.pending !== null && now - state.since <= PATIENCE ? state.pending : null;
  if (open !== null) {
    const chord = `${open} ${pressed}`;
    return { state: IDLE, fired: bound(chord) ? chord : null, held: true };
  }
  if (prefixes.has(pressed)) return { state: { pending: pressed, since: now }, fired: null, held: true };
  return { state: IDLE, fired: bound(pressed) ? pressed : null, held: false };
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target.closest("[role=dialog], [role=menu], [role=listbox]")) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

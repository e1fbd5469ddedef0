// Every shortcut that works on the page in front of you.

import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/badge";
import { type Shortcut, useShortcutList } from "./shortcuts";

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const all: Shortcut[] = [
    { chord: "Ctrl K", label: "Search and commands", group: "General", run: () => {} },
    ...useShortcutList().filter((s) => s.chord !== "/"),
  ];
  const groups = [...new Set(all.map((s) => s.group))].toSorted();
  return (
    <Dialog open onOpenChange={onClose} title="Keyboard shortcuts" wide>
      <div className="columns-1 gap-8 sm:columns-2">
        {groups.map((group) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="mb-1.5 text-xs font-medium text-ink-3">{group}</h3>
            <ul>
              {all
                .filter((s) => s.group === group)
                .map((s) => (
                  <li key={s.chord + s.label} className="flex min-h-8 items-center justify-between gap-4 text-sm text-ink">
                    {s.label}
                    <span className="flex items-center gap-1">
                      {s.chord.split(" ").map((k, i) => (
                        <span key={k} className="flex items-center gap-1">
                          {i > 0 && s.chord.startsWith("g ") && <span className="text-2xs text-ink-3">then</span>}
                          <Kbd>{k.length === 1 ? k.toUpperCase() : k}</Kbd>
                        </span>
                      ))}
                    </span>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

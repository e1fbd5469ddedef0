// A person or a workspace as initials on a calm colour that always stays the same for the same name.

import { cx, initials } from "@/lib/words";

const hues = [205, 155, 62, 25, 285, 330];

export function Avatar({ name, size = 24, square }: { name: string; size?: number; square?: boolean }) {
  const hue = hues[hash(name) % hues.length];
  return (
    <span
      aria-hidden="true"
      style={{
        width: size,
        height: size,
        fontSize: Math.max(9, Math.round(size * 0.4)),
        backgroundColor: `oklch(0.47 0.075 ${hue})`,
        color: "oklch(0.985 0.008 95)",
      }}
      className={cx(
        "inline-grid shrink-0 place-items-center font-semibold leading-none tracking-tight select-none",
        square ? "rounded-md" : "rounded-full",
      )}
    >
      {square ? initials(name).charAt(0) : initials(name)}
    </span>
  );
}

function hash(text: string): number {
  let h = 7;
  for (const letter of text) h = (h * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return h;
}

// A small hint on hover, focus or tap. Hand-made, because sign-in must not load a positioning engine.

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";

interface Place {
  left: number;
  top: number;
  above: boolean;
}

export function Tooltip({ text, children, className }: { text: string; children: ReactNode; className?: string }) {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const show = () => setPlace(anchor.current ? placeFor(anchor.current.getBoundingClientRect()) : null);
  const hide = () => setPlace(null);

  useEffect(() => {
    if (!place) return;
    const close = () => setPlace(null);
    const onKey = (e: KeyboardEvent) => e.key === "Escape" && close();
    window.addEventListener("scroll", close, { capture: true, passive: true });
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("scroll", close, { capture: true });
      window.removeEventListener("keydown", onKey);
    };
  }, [place]);

  return (
    <span
      ref={anchor}
      className={className ?? "inline-flex"}
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocus={show}
      onBlur={hide}
      onClick={show}
    >
      {children}
      {place &&
        createPortal(
          <span
            id={id}
            role="tooltip"
            style={{ left: place.left, top: place.top }}
            className={`pointer-events-none fixed z-[70] w-max max-w-[min(20rem,calc(100vw-16px))] animate-fade rounded-md bg-ink px-2.5 py-1.5 text-xs font-medium text-paper shadow-float ${
              place.above ? "-translate-x-1/2 -translate-y-full" : "-translate-x-1/2"
            }`}
          >
            {text}
          </span>,
          document.body,
        )}
    </span>
  );
}

function placeFor(box: DOMRect): Place {
  const above = box.bottom + 64 > window.innerHeight;
  // Kept at least half the widest hint away from the edges; narrower screens centre it.
  const reach = Math.min(160, window.innerWidth / 2 - 8);
  const middle = box.left + box.width / 2;
  return {
    left: Math.min(Math.max(middle, reach + 8), window.innerWidth - reach - 8),
    top: above ? box.top - 8 : box.bottom + 8,
    above,
  };
}

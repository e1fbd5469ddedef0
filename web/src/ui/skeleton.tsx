// Placeholders of the size the content will have, so that nothing jumps when it arrives.

import { cx } from "@/lib/words";

export function Bone({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx("block animate-breathe rounded-sm bg-hover", className)} />;
}

/** Rows of a list or a table. */
export function RowsSkeleton({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={`Loading ${label}`}>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="flex h-13 items-center gap-4 border-b border-line px-4 last:border-0">
          <Bone className="h-3 w-1/4" />
          <Bone className="h-3 w-1/3" />
          <Bone className="ml-auto h-3 w-16" />
        </div>
      ))}
    </div>
  );
}

export function BlockSkeleton({ lines = 4, label }: { lines?: number; label: string }) {
  return (
    <div role="status" aria-label={`Loading ${label}`} className="flex flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, i) => (
        <Bone key={i} className={i % 3 === 2 ? "h-3.5 w-2/5" : "h-3.5 w-4/5"} />
      ))}
    </div>
  );
}

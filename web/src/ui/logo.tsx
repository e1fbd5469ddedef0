// The mark: one stroke flowing into an m, ending in a spark.

export function LogoMark({ size = 26 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="8" fill="#0f4f58" />
      <path
        d="M7.5 22.5v-7.25a4.25 4.25 0 0 1 8.5 0v4.5m0-4.5a4.25 4.25 0 0 1 8.5 0v1"
        fill="none"
        stroke="#fdfcf9"
        strokeWidth="2.75"
        strokeLinecap="round"
      />
      <circle cx="24.5" cy="22" r="2.4" fill="#f5a54a" />
    </svg>
  );
}

/** The mark (a semaphore arm at "clear") and the name. */
export function Wordmark({ size = 24 }: { readonly size?: number }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: size * 0.4 }}>
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="8" fill="#4f4bcf" />
        <path d="M10 6v20" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
        <path d="M10 9.2 24 13.6" stroke="#fff" strokeWidth="5.2" strokeLinecap="round" />
        <circle cx="10" cy="19.4" r="3.1" fill="#fff" />
      </svg>
      <span style={{ fontSize: size * 0.66, fontWeight: 650, letterSpacing: '-0.02em' }}>Signalbox</span>
    </span>
  );
}

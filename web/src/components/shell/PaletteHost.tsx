import { lazy, Suspense, useEffect, useState } from 'react';
import { openPalette, paletteEvent } from '../../lib/palette.ts';

const CommandPalette = lazy(async () => ({ default: (await import('./CommandPalette.tsx')).CommandPalette }));

/** Waits for Ctrl-K (or the strip's button) and only then loads the palette. */
export function PaletteHost() {
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const ask = () => setAsked((times) => times + 1);
    const key = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      openPalette();
    };
    window.addEventListener(paletteEvent, ask);
    window.addEventListener('keydown', key);
    return () => {
      window.removeEventListener(paletteEvent, ask);
      window.removeEventListener('keydown', key);
    };
  }, []);
  if (asked === 0) return null;
  return (
    <Suspense fallback={null}>
      <CommandPalette asked={asked} />
    </Suspense>
  );
}

import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { openPalette, paletteEvent } from '../../lib/palette.ts';

const CommandPalette = lazy(async () => ({ default: (await import('./CommandPalette.tsx')).CommandPalette }));

const isSearch = (target: EventTarget | null): boolean => target instanceof HTMLElement && target.dataset['paletteSearch'] !== undefined;

/** Waits for Ctrl-K (or the strip's button) and only then loads the palette. What is typed until its field has the cursor goes into that field. */
export function PaletteHost() {
  const [asked, setAsked] = useState(0);
  const [query, setQuery] = useState('');
  const ahead = useRef(false);
  useEffect(() => {
    const ask = () => {
      ahead.current = !isSearch(document.activeElement);
      setAsked((times) => times + 1);
    };
    const settle = () => {
      ahead.current = false;
    };
    const key = (event: KeyboardEvent) => {
      const control = event.ctrlKey || event.metaKey;
      if (event.key.toLowerCase() === 'k' && control) {
        event.preventDefault();
        openPalette();
      } else if (event.key === 'Escape') settle();
      else if (ahead.current && !control && !event.altKey && (event.key.length === 1 || event.key === 'Backspace')) {
        // Elsewhere it would be lost, or typed into the page.
        event.preventDefault();
        event.stopPropagation();
        setQuery((text) => (event.key === 'Backspace' ? text.slice(0, -1) : text + event.key));
      }
    };
    const focused = (event: FocusEvent) => {
      if (isSearch(event.target)) settle();
    };
    window.addEventListener(paletteEvent, ask);
    window.addEventListener('keydown', key, { capture: true });
    window.addEventListener('focusin', focused);
    window.addEventListener('pointerdown', settle);
    return () => {
      window.removeEventListener(paletteEvent, ask);
      window.removeEventListener('keydown', key, { capture: true });
      window.removeEventListener('focusin', focused);
      window.removeEventListener('pointerdown', settle);
    };
  }, []);
  if (asked === 0) return null;
  return (
    <Suspense fallback={null}>
      <CommandPalette asked={asked} query={query} onQuery={setQuery} />
    </Suspense>
  );
}

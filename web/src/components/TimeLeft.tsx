import { Tooltip } from '@mantine/core';
import { age, exactTime, useNow } from '../lib/time.ts';

/** How long until an instant, the exact time on hover. */
export function TimeLeft({ atMs }: { readonly atMs: number }) {
  const now = useNow();
  const text = age(now, atMs);
  return (
    <Tooltip label={exactTime(atMs)}>
      <time className="num" dateTime={new Date(atMs).toISOString()} style={{ whiteSpace: 'nowrap' }}>
        {text === 'now' ? 'now' : `in ${text}`}
      </time>
    </Tooltip>
  );
}

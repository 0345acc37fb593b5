import { Loader, Tooltip } from '@mantine/core';
import { IconCheck, IconClockHour4 } from '@tabler/icons-react';
import { useLastWrite, type WriteProgress } from '../api/writes.ts';
import { duration } from '../lib/figures.ts';
import styles from './RevisionMark.module.css';

function words(progress: WriteProgress): string {
  if (progress.rev === null) return 'Saving…';
  const total = progress.applied.length + progress.missing.length;
  if (total === 0) return `revision ${progress.rev} saved, no node is connected`;
  const slowest = Math.max(0, ...progress.applied.map((each) => each.ms));
  const counted = `revision ${progress.rev}: ${progress.applied.length}/${total} ${total === 1 ? 'node' : 'nodes'}`;
  if (progress.missing.length > 0) return `${counted}, waiting for ${progress.missing.slice(0, 2).join(', ')}`;
  return `${counted}, ${duration(slowest)}`;
}

/** "revision 1234: 12/12 nodes, 41 ms": how far the last save of this browser has come; grows in place. */
export function RevisionMark() {
  const progress = useLastWrite();
  return (
    <output className={styles['root']} aria-live="polite" data-phase={progress?.phase}>
      {progress === null ? null : (
        <Tooltip
          multiline
          disabled={progress.applied.length === 0}
          label={progress.applied.slice(0, 20).map((each) => (
            <div key={each.node}>
              {each.node}: {duration(each.ms)}
            </div>
          ))}
        >
          <span className={styles['text']}>
            {progress.phase === 'saving' ? <Loader size={12} /> : null}
            {progress.phase === 'spreading' ? <IconClockHour4 size={14} aria-hidden /> : null}
            {progress.phase === 'done' ? <IconCheck size={14} stroke={2.4} aria-hidden /> : null}
            <span className="num">{words(progress)}</span>
          </span>
        </Tooltip>
      )}
    </output>
  );
}

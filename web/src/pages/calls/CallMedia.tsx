import type { CallDirection, CallMedia as Media, CallStream } from '../../../../controlplane/contract/index.ts';
import { StateBadge } from '../../components/StateBadge.tsx';
import styles from './CallMedia.module.css';
import { directionText, directionVerdict, streamText } from './call-media.ts';

function Direction({ way, direction }: { readonly way: string; readonly direction: CallDirection }) {
  const { tone, word } = directionVerdict(direction);
  return (
    <div className={styles['direction']}>
      <span className={styles['way']}>{way}</span>
      <span className={styles['figures']}>{directionText(direction)}</span>
      <StateBadge tone={tone}>{word}</StateBadge>
    </div>
  );
}

function Stream({ stream }: { readonly stream: CallStream }) {
  return (
    <div className={styles['stream']}>
      <div className={styles['head']}>
        <h4>{stream.kind}</h4>
        <span>{streamText(stream)}</span>
      </div>
      <Direction way="caller → callee" direction={stream.caller} />
      <Direction way="callee → caller" direction={stream.callee} />
    </div>
  );
}

/** What flows in either direction of each stream. */
export function CallMedia({ media }: { readonly media: Media }) {
  if (media.streams.length === 0) return <p style={{ margin: 0, color: 'var(--sb-ink-2)' }}>No stream has been agreed on yet.</p>;
  return media.streams.map((stream, index) => <Stream key={`${index} ${stream.kind}`} stream={stream} />);
}

import { Link } from '@tanstack/react-router';
import type { Change } from '../../../../controlplane/contract/index.ts';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { actorName } from '../../lib/actor.ts';
import styles from './Recent.module.css';

export function RecentChanges({ changes }: { readonly changes: readonly Change[] }) {
  return (
    <Panel title="Recent changes" aside={<Link to="/changes">All changes</Link>} flush>
      {changes.length === 0 ? <p className={styles['nothing']}>Nothing has been configured yet.</p> : null}
      <ol className={styles['list']}>
        {changes.map((change) => (
          <li key={change.rev}>
            <Link to="/changes" search={{ open: String(change.rev) }} className={styles['rev'] ?? ''} aria-label={`Revision ${change.rev}`}>
              {change.rev}
            </Link>
            <span className={styles['text']}>{change.summary}</span>
            <span className={styles['who']}>{actorName(change.actor)}</span>
            <span className={styles['age']}>
              <RelativeTime atMs={change.atMs} />
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

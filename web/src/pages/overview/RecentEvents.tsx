import { IconAlertOctagonFilled, IconAlertTriangleFilled, IconInfoCircle } from '@tabler/icons-react';
import type { StoredEvent } from '../../../../controlplane/contract/index.ts';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import styles from './Recent.module.css';

const icons = { info: IconInfoCircle, warning: IconAlertTriangleFilled, error: IconAlertOctagonFilled } as const;

export function RecentEvents({ events }: { readonly events: readonly StoredEvent[] }) {
  return (
    <Panel title="Recent events" aside="from nodes and the control plane" flush>
      {events.length === 0 ? <p className={styles['nothing']}>No node has reported anything yet.</p> : null}
      <ol className={styles['list']}>
        {events.map((event) => {
          const Icon = icons[event.severity];
          return (
            <li key={event.id} data-severity={event.severity}>
              <span className={styles['icon']}>
                <Icon size={15} aria-label={event.severity} />
              </span>
              <span className={styles['text']}>{event.text}</span>
              <span className={styles['who']}>{event.nodeName === '' ? 'control plane' : event.nodeName}</span>
              <span className={styles['age']}>
                <RelativeTime atMs={event.atMs} />
              </span>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

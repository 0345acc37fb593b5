import { IconAlertOctagonFilled, IconAlertTriangleFilled } from '@tabler/icons-react';
import type { Alarm } from '../../../../controlplane/contract/index.ts';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import styles from './Alarms.module.css';

/** What needs somebody; absent while nothing does. */
export function Alarms({ alarms }: { readonly alarms: readonly Alarm[] }) {
  if (alarms.length === 0) return null;
  return (
    <section id="alarms" className={styles['root']} aria-label="Alarms">
      <ul>
        {alarms.map((alarm) => (
          <li key={alarm.id} data-severity={alarm.severity}>
            {alarm.severity === 'error' ? <IconAlertOctagonFilled size={16} aria-hidden /> : <IconAlertTriangleFilled size={16} aria-hidden />}
            <span className={styles['severity']}>{alarm.severity === 'error' ? 'Alarm' : 'Warning'}</span>
            <span className={styles['text']}>{alarm.text}</span>
            <span className={styles['age']}>
              <RelativeTime atMs={alarm.since} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

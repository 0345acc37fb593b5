import type { ReactNode } from 'react';
import type { LiveCall } from '../../../../controlplane/contract/index.ts';
import { Copyable } from '../../components/Copyable.tsx';
import styles from './Parties.module.css';

/** One line and, smaller, what belongs to it. */
export function Pair({ first, second }: { readonly first: ReactNode; readonly second: string }) {
  return (
    <div className={styles['pair']}>
      <span className={styles['first']}>{first}</span>
      {second === '' ? null : <span className={styles['second']} title={second}>{second}</span>}
    </div>
  );
}

/** Who calls; the Call-ID alone when the node does not tell. */
export function Caller({ call: { caller, callId } }: { readonly call: LiveCall }) {
  return caller === '' ? <Pair first={callId} second="" /> : <Pair first={<span title={caller}>{caller}</span>} second={callId} />;
}

/** Who is called, and what was dialled where that is something else. */
export function Callee({ call: { callee, dialled } }: { readonly call: LiveCall }) {
  return <Pair first={<span title={callee}>{callee === '' ? '–' : callee}</span>} second={dialled === '' || dialled === callee ? '' : `dialled ${dialled}`} />;
}

export function Party({ value }: { readonly value: string }) {
  return value === '' ? '–' : <Copyable value={value} />;
}

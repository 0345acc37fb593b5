import { IconArrowRight, IconBan, IconCheck, IconInfoCircle, IconMessageReply, IconX } from '@tabler/icons-react';
import type { ExplainAnswer } from '../../../../controlplane/contract/index.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { Panel } from '../../components/Panel.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import styles from './Decision.module.css';

const outcomeIcons: Readonly<Record<string, typeof IconCheck>> = { matched: IconCheck, skipped: IconX, refused: IconBan, info: IconInfoCircle };

function headline(decision: ExplainAnswer['decision']): string {
  if (decision.action === 'forward') return 'Goes to';
  if (decision.action === 'reply') return `Answered with ${decision.status ?? ''} ${decision.reason ?? ''}`.trim();
  return decision.reason === undefined ? 'Dropped in silence' : `Dropped in silence: ${decision.reason}`;
}

/** The decision in one line, what led there as links, then every step. */
export function Decision({ answer }: { readonly answer: ExplainAnswer }) {
  const { decision, steps } = answer;
  const Icon = decision.action === 'forward' ? IconArrowRight : decision.action === 'reply' ? IconMessageReply : IconBan;
  return (
    <>
      <section className={styles['decision']} aria-label="Decision">
        <Icon size={20} stroke={1.8} aria-hidden />
        <div>
          <h2>
            {headline(decision)} {decision.uri === undefined ? null : <Copyable value={decision.uri} />}
          </h2>
          <p className={styles['path']}>
            {decision.trunk === undefined ? null : <TableLink to="/trunks" search={{ open: decision.trunk }}>trunk {decision.trunk}</TableLink>}
            {decision.domain === undefined ? null : <TableLink to="/domains" search={{ open: decision.domain }}>{decision.domain}</TableLink>}
            {decision.tenant === undefined ? null : <TableLink to="/tenants" search={{ open: decision.tenant }}>tenant {decision.tenant}</TableLink>}
            {decision.routeSet === undefined ? null : <TableLink to="/route-sets" search={{ open: String(decision.routeSet) }}>route set {decision.routeSet}</TableLink>}
            {decision.set === undefined ? null : <TableLink to="/dispatcher" search={{ open: String(decision.set) }}>dispatcher set {decision.set}</TableLink>}
            {decision.destination === undefined ? null : <TableLink to="/dispatcher" search={{ destination: String(decision.destination) }}>destination {decision.destination}</TableLink>}
          </p>
        </div>
        <span className={styles['basis']}>
          revision {answer.rev}, {answer.node === null ? 'no node connected: health unknown' : `health of ${answer.node}`}
        </span>
      </section>
      <Panel title="Steps" aside={`${steps.length} in all`} flush>
        <ol className={styles['steps']}>
          {steps.map((step, index) => {
            const StepIcon = outcomeIcons[step.outcome] ?? IconInfoCircle;
            return (
              // Steps never change place within one answer.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={index} data-outcome={step.outcome}>
                <span className={styles['mark']}>
                  <StepIcon size={14} stroke={2.2} aria-label={step.outcome} />
                </span>
                <span className={styles['step']}>{step.step}</span>
                <span className={styles['text']}>{step.text}</span>
              </li>
            );
          })}
        </ol>
      </Panel>
    </>
  );
}

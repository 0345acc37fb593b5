import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { dispatcherSets, domains, routeSets, tenants } from '../../api/resources.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import styles from './GettingStarted.module.css';

const steps = [
  { to: '/tenants', title: 'Tenant', about: 'The customer whose calls these are.', act: 'New tenant' },
  { to: '/dispatcher', title: 'Dispatcher set', about: 'Its PBXs. They are probed as soon as they are saved.', act: 'New dispatcher set' },
  { to: '/route-sets', title: 'Route set', about: 'Which dialled number goes to which set.', act: 'New route set' },
  { to: '/domains', title: 'Domain', about: 'The name phones use. From here on calls flow.', act: 'New domain' },
] as const;

/** The five-minute journey of a new installation; gone when its last step is done. */
export function GettingStarted() {
  const first = [
    useQuery(tenants.choices('', {}, 1)),
    useQuery(dispatcherSets.choices('', {}, 1)),
    useQuery(routeSets.choices('', {}, 1)),
    useQuery(domains.choices('', {}, 1)),
  ];
  if (first.some((query) => query.data === undefined)) return null;
  const done = first.map((query) => (query.data?.items.length ?? 0) > 0);
  if (done.every(Boolean)) return null;
  const current = done.indexOf(false);
  return (
    <section className={styles['root']} aria-label="Getting started">
      <div className={styles['head']}>
        <h2>Route your first call</h2>
        <p>Four short forms. Every save is live on all nodes at once; nothing restarts.</p>
      </div>
      <ol>
        {steps.map((step, index) => (
          <li key={step.to} data-done={done[index] || undefined} aria-current={index === current ? 'step' : undefined}>
            <span className={styles['mark']} aria-hidden>
              {done[index] ? <IconCircleCheckFilled size={22} /> : index + 1}
            </span>
            <div>
              <h3>
                {step.title}
                {done[index] ? <span className="visually-hidden"> (done)</span> : null}
              </h3>
              <p>{step.about}</p>
              {index === current ? (
                <ButtonLink to={step.to} search={{ create: '1' }} mt={10}>
                  {step.act}
                </ButtonLink>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

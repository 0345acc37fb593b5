import { ActionIcon, Kbd, UnstyledButton } from '@mantine/core';
import {
  IconAlertTriangle, IconArrowsSplit2, IconBell, IconMenu2, IconPhone, IconSearch, IconServer2, IconWaveSine,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { overviewQuery } from '../../api/live-queries.ts';
import { count, rate } from '../../lib/figures.ts';
import { openPalette } from '../../lib/palette.ts';
import type { Tone } from '../tone.ts';
import { LiveMark } from './LiveMark.tsx';
import styles from './StatusStrip.module.css';

interface PartProps {
  readonly to: '/' | '/nodes' | '/dispatcher';
  readonly label: string;
  readonly icon: ReactNode;
  readonly tone?: Tone | undefined;
  readonly search?: { readonly state: string } | undefined;
  readonly hash?: string;
  readonly children: ReactNode;
}

function Part({ to, label, icon, tone, search, hash, children }: PartProps) {
  return (
    <Link to={to} search={search ?? {}} {...(hash === undefined ? {} : { hash })} className={styles['part'] ?? ''} data-tone={tone} activeProps={{}}>
      {icon}
      <span className={styles['label']}>{label}</span>
      <span className={styles['value']}>{children}</span>
    </Link>
  );
}

/** The thin strip on top of every page: nodes in step, destinations, calls, calls a second, alarms. Each part is a link. */
export function StatusStrip({ onOpenRail }: { readonly onOpenRail: () => void }) {
  const { data } = useQuery(overviewQuery());
  const nodesTone = data === undefined || data.nodes.total === 0 ? undefined : data.nodes.inStep === data.nodes.total ? 'up' : 'probing';
  const downTone = data === undefined ? undefined : data.destinations.down > 0 ? 'down' : data.destinations.up > 0 ? 'up' : undefined;
  const worst = data?.alarms.some((alarm) => alarm.severity === 'error') === true ? 'down' : 'probing';
  return (
    <header className={styles['root']} aria-label="Status">
      <ActionIcon className={styles['menu'] ?? ''} variant="subtle" color="gray" aria-label="Open the list of pages" onClick={onOpenRail}>
        <IconMenu2 size={18} stroke={1.6} />
      </ActionIcon>
      <div className={styles['parts']}>
        {data === undefined ? null : (
          <>
            <Part to="/nodes" label="Nodes in step" tone={nodesTone} icon={<IconServer2 size={15} stroke={1.7} aria-hidden />}>
              {data.nodes.inStep}/{data.nodes.total} @ {data.head.rev}
            </Part>
            <Part
              to="/dispatcher"
              label="Destinations"
              tone={downTone}
              search={data.destinations.down > 0 ? { state: 'down' } : undefined}
              icon={<IconArrowsSplit2 size={15} stroke={1.7} aria-hidden />}
            >
              {count(data.destinations.up)} up, {count(data.destinations.down)} down
            </Part>
            <Part to="/" label="Calls" icon={<IconPhone size={15} stroke={1.7} aria-hidden />}>
              {count(data.calls)}
            </Part>
            <Part to="/" label="Calls/s" icon={<IconWaveSine size={15} stroke={1.7} aria-hidden />}>
              {rate(data.callsPerSecond)}
            </Part>
            {data.alarms.length === 0 ? (
              <Part to="/" label="Alarms" icon={<IconBell size={15} stroke={1.7} aria-hidden />}>
                none
              </Part>
            ) : (
              <Part to="/" hash="alarms" label="Alarms" tone={worst} icon={<IconAlertTriangle size={15} stroke={1.8} aria-hidden />}>
                {count(data.alarms.length)}
              </Part>
            )}
          </>
        )}
      </div>
      <div className={styles['end']}>
        <LiveMark />
        <UnstyledButton className={styles['search'] ?? ''} onClick={openPalette} aria-label="Search and jump, Control K">
          <IconSearch size={14} stroke={1.8} aria-hidden />
          <span className={styles['searchWord']}>Jump to…</span>
          <Kbd size="xs" aria-hidden>
            Ctrl K
          </Kbd>
        </UnstyledButton>
      </div>
    </header>
  );
}

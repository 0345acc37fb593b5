import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconHourglassHigh, IconPlayerPlay, IconRadar2, IconCircleMinus } from '@tabler/icons-react';
import type { AdminStateName, Destination } from '../../../../controlplane/contract/index.ts';
import { probeNow } from '../../api/live-queries.ts';
import { destinations } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import { plural } from '../../lib/figures.ts';
import { callsOf } from './destination-state.ts';
import styles from './DestinationActions.module.css';

/** Sets the admin state of a destination; the page's revision mark follows the save. */
export function useSetAdmin() {
  const refresh = useRefresh();
  return async (id: number, admin: AdminStateName): Promise<void> => {
    await destinations.patch(id, { admin });
    refresh('dispatcher-sets', 'destinations');
  };
}

/** Asks the nodes to probe and says whom it asked; the outcome arrives as live state. */
export async function probe(destination: Destination): Promise<void> {
  const { asked } = await probeNow(destination.id);
  notifications.show({
    color: 'gray',
    title: `Probing ${destination.uri}`,
    message: asked.length === 0 ? 'No node is connected, so nobody could be asked.' : `Asked ${asked.map((each) => each.nodeName).join(', ')}.`,
    autoClose: 3000,
  });
}

/** What can be done with one destination; each item says what happens to its calls. */
export function DestinationActions({ destination }: { readonly destination: Destination }) {
  const writable = useMayWrite();
  const setAdmin = useSetAdmin();
  if (!writable) return null;
  const calls = callsOf(destination);
  const turn = (admin: AdminStateName) => fireAndReport(setAdmin(destination.id, admin));
  return (
    <span className={styles['root']}>
      <Tooltip label="Probe now">
        <ActionIcon className={styles['probe'] ?? ''} variant="subtle" color="gray" size={28} aria-label={`Probe ${destination.uri} now`} onClick={() => fireAndReport(probe(destination), 'The probe could not be sent')}>
          <IconRadar2 size={16} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <Menu width={290}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={`Acts on ${destination.uri}`}>
            <IconDots size={16} stroke={1.8} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {destination.admin === 'enabled' ? null : (
            <Menu.Item leftSection={<IconPlayerPlay size={15} stroke={1.6} />} onClick={() => turn('enabled')}>
              Enable: take new calls again
            </Menu.Item>
          )}
          {destination.admin === 'draining' ? null : (
            <Menu.Item leftSection={<IconHourglassHigh size={15} stroke={1.6} />} onClick={() => turn('draining')}>
              Drain: stop new calls, {plural(calls, 'call')} in progress
            </Menu.Item>
          )}
          {destination.admin === 'disabled' ? null : (
            <Menu.Item leftSection={<IconCircleMinus size={15} stroke={1.6} />} onClick={() => turn('disabled')}>
              Disable: no calls, no probes
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

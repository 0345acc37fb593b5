import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CertificatesResealed, ClusterKeyItem } from '../../../../controlplane/contract/index.ts';
import { addClusterKey, clusterKeysQuery, resealCertificates, retireClusterKey } from '../../api/cluster-keys.ts';
import { useMayManageNodes, useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { Failure } from '../../components/Form.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TimeLeft } from '../../components/TimeLeft.tsx';
import { plural } from '../../lib/figures.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import styles from './ClusterKeys.module.css';
import { keyState, unreadableSentence } from './cluster-key-state.ts';

const columns: readonly Column<ClusterKeyItem>[] = [
  { key: 'id', header: 'Key', render: (key) => key.id },
  {
    key: 'state',
    header: 'State',
    render: (key) => {
      const { tone, word } = keyState(key);
      return <StateBadge tone={tone}>{word}</StateBadge>;
    },
  },
  { key: 'since', header: 'In use', align: 'right', render: (key) => (key.state === 'announced' ? <TimeLeft atMs={key.signsFromMs} /> : <RelativeTime atMs={key.signsFromMs} suffix=" ago" />) },
  { key: 'replaced', header: 'Replaced', align: 'right', render: (key) => (key.replacedAtMs === null ? '–' : <RelativeTime atMs={key.replacedAtMs} suffix=" ago" />) },
  { key: 'certificates', header: 'Certificates', align: 'right', render: (key) => key.certificates },
];

function Retire({ item, retire }: { readonly item: ClusterKeyItem; readonly retire: (id: number) => Promise<void> }) {
  return (
    <DangerButton label="Retire" title={`Retire key ${item.id}?`} act={() => retire(item.id)}>
      {item.replacedAtMs === null ? (
        'It does not sign yet, so nothing depends on it.'
      ) : (
        <>
          What it sealed opens no more: calls that began before it was replaced (<RelativeTime atMs={item.replacedAtMs} suffix=" ago" />) cannot be changed or hung up through the edge,
          and phones that have not registered since get no calls until they do. Wait at least as long as the longest registration lasts and the longest call.
        </>
      )}
    </DangerButton>
  );
}

/** What nodes seal tokens and certificates' keys with, and its rotation. */
export function ClusterKeys() {
  const { data, error } = useQuery(clusterKeysQuery);
  const manages = useMayManageNodes();
  const refresh = useRefresh();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const [resealed, setResealed] = useState<CertificatesResealed | null>(null);
  const run = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      await act();
    } catch (fault) {
      setFailure(fault instanceof Error ? fault : new Error(String(fault)));
    } finally {
      setBusy(false);
      refresh('cluster-keys');
    }
  };
  const add = async (): Promise<void> => {
    await addClusterKey();
  };
  const reseal = async (): Promise<void> => setResealed(await resealCertificates());
  const retire = async (id: number): Promise<void> => {
    await retireClusterKey(id);
    refresh('cluster-keys');
  };
  const stale = (data ?? []).reduce((sum, key) => sum + (key.state === 'replaced' ? key.certificates : 0), 0);
  const shown: readonly Column<ClusterKeyItem>[] = manages
    ? [...columns, { key: 'act', header: 'Rotation', align: 'right', render: (key) => (key.state === 'signing' || key.certificates > 0 ? null : <Retire item={key} retire={retire} />) }]
    : columns;
  return (
    <div className={styles['root']}>
      <Panel title="Cluster keys" flush>
        <div className={styles['text']}>
          <p>
            What nodes seal with: the way to phones, hidden addresses, tokens of calls, private keys of certificates. A new key is told to all nodes and signs
            a minute later; the ones before open what they sealed until they are retired.
          </p>
          <Failure error={failure ?? (data === undefined ? error : null)} />
          {resealed === null ? null : <p role="status">{`${plural(resealed.resealed.length, 'certificate')} sealed anew.${unreadableSentence(resealed.unreadable)}`}</p>}
          {manages && data !== undefined ? (
            <Group gap="xs">
              <Button variant="default" loading={busy} onClick={() => fireAndReport(run(add))}>
                Add a key
              </Button>
              {stale === 0 ? null : (
                <Button variant="default" loading={busy} onClick={() => fireAndReport(run(reseal))}>
                  Seal {plural(stale, 'certificate')} under the newest key
                </Button>
              )}
            </Group>
          ) : null}
        </div>
        {data === undefined ? null : (
          // It scrolls sideways on a phone, by the keyboard as well.
          <div className={styles['table']} role="region" aria-label="Cluster keys, table" tabIndex={0}>
            <DataTable label="Cluster keys" rows={data} columns={shown} rowKey={(key) => String(key.id)} faded={(key) => key.state === 'replaced'} />
          </div>
        )}
      </Panel>
    </div>
  );
}

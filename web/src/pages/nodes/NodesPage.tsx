import { IconServer2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { NodeItem } from '../../../../controlplane/contract/index.ts';
import { nodesQuery } from '../../api/live-queries.ts';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { Failure } from '../../components/Form.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { Panel } from '../../components/Panel.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { bytes, count, duration, plural, rate } from '../../lib/figures.ts';
import { JoinDrawer } from './JoinDrawer.tsx';
import { NodeDrawer } from './NodeDrawer.tsx';
import { mediaState } from './node-media.ts';
import { nodeState } from './node-state.ts';

const columns: readonly Column<NodeItem>[] = [
  { key: 'name', header: 'Node', render: (node) => node.name },
  {
    key: 'state',
    header: 'State',
    render: (node) => {
      const state = nodeState(node);
      return <StateBadge tone={state.tone}>{state.word}</StateBadge>;
    },
  },
  { key: 'rev', header: 'Revision', align: 'right', render: (node) => (node.rev === node.headRev ? node.rev : `${node.rev} of ${node.headRev}`) },
  { key: 'lag', header: 'Lag', align: 'right', render: (node) => (node.lagMs === 0 ? 'none' : duration(node.lagMs)) },
  { key: 'calls', header: 'Calls', align: 'right', render: (node) => count(node.calls) },
  { key: 'cps', header: 'Calls/s', align: 'right', render: (node) => rate(node.callsPerSecond), wide: true },
  { key: 'loop', header: 'Loop delay', align: 'right', render: (node) => duration(node.loopDelayMs), wide: true },
  { key: 'memory', header: 'Memory', align: 'right', render: (node) => bytes(node.memoryBytes), wide: true },
  { key: 'workers', header: 'Workers', align: 'right', render: (node) => count(node.workers), wide: true },
  {
    key: 'quarantined',
    header: 'Quarantined',
    render: (node) => (node.quarantined.length === 0 ? 'none' : <StateBadge tone="down">{plural(node.quarantined.length, 'row')}</StateBadge>),
    wide: true,
  },
  {
    key: 'media',
    header: 'Media',
    render: (node) => {
      if (node.media === null) return '–';
      const state = mediaState(node.media);
      return <StateBadge tone={state.tone}>{state.word}</StateBadge>;
    },
    wide: true,
  },
  { key: 'version', header: 'Version', render: (node) => node.version, wide: true },
  { key: 'since', header: 'Connected', align: 'right', render: (node) => (node.connectedSinceMs === null ? '–' : <RelativeTime atMs={node.connectedSinceMs} />), wide: true },
];

export function NodesPage() {
  const { open } = useSearch({ strict: false });
  const { creating } = useDrawer();
  const { data, error } = useQuery(nodesQuery);
  const join = <NewButton>Join a node</NewButton>;
  const chosen = data?.find((node) => node.id === open);
  return (
    <>
      <PageHeader title="Nodes" about="Data planes, the revision each one runs, and how it feels." actions={join} />
      <Failure error={data === undefined ? error : null} />
      {data === undefined ? null : (
        <Panel flush>
          {data.length === 0 ? (
            <EmptyState icon={<IconServer2 size={22} stroke={1.6} />} title="No node has joined yet" action={join}>
              A node is one data-plane process; it carries the calls. Join it with a one-time token. It keeps its own copy of the configuration
              and routes on without the control plane.
            </EmptyState>
          ) : (
            <div style={{ overflowX: 'auto' }}>
              <DataTable label="Nodes" rows={data} columns={columns} rowKey={(node) => node.id} opens faded={(node) => node.state === 'gone'} />
            </div>
          )}
        </Panel>
      )}
      {creating ? <JoinDrawer /> : null}
      {chosen === undefined ? null : <NodeDrawer node={chosen} />}
    </>
  );
}

import { Button, Switch } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import type { NodeItem, NodePatch } from '../../../../controlplane/contract/index.ts';
import { nodesQuery, patchNode, removeNode } from '../../api/live-queries.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { DangerButton } from '../../components/DangerButton.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Form.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { bytes, count, duration, plural, rate } from '../../lib/figures.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import { nodeState } from './node-state.ts';
import { NodeMediaSection } from './NodeMediaSection.tsx';

/** The sentence that belongs under a node's name: what is wrong, or what it runs. */
function sentence(node: NodeItem): string {
  if (node.detail !== '') return node.detail;
  if (node.state === 'gone') return `${node.name} is not connected. It keeps routing on revision ${node.rev}.`;
  if (node.rev < node.headRev) return `${node.name} runs revision ${node.rev}; revision ${node.headRev} is on its way.`;
  return `${node.name} runs revision ${node.rev}, the newest.`;
}

export function NodeDrawer({ node }: { readonly node: NodeItem }) {
  const client = useQueryClient();
  const { close } = useDrawer();
  const writable = useMayWrite();
  const state = nodeState(node);
  const change = async (body: NodePatch) => {
    await patchNode(node.id, body);
    await client.invalidateQueries(nodesQuery);
  };
  const remove = async () => {
    await removeNode(node.id);
    await client.invalidateQueries(nodesQuery);
    close();
  };
  return (
    <EntityDrawer
      title={node.name}
      about={<StateBadge tone={state.tone}>{state.word}</StateBadge>}
      actions={
        writable ? (
          <Button variant={node.draining ? 'filled' : 'default'} onClick={() => fireAndReport(change({ draining: !node.draining }))}>
            {node.draining ? 'Take calls again' : `Drain: stop new calls, ${count(node.calls)} in progress`}
          </Button>
        ) : undefined
      }
      danger={
        writable ? (
          <DangerButton label="Remove node" title={`Remove ${node.name}?`} act={remove}>
            Its token stops working at once, so it cannot connect again. {plural(node.calls, 'call')} through it go on: the process keeps routing
            on revision {node.rev} until somebody stops it.
          </DangerButton>
        ) : undefined
      }
    >
      <p style={{ margin: '0 0 20px', lineHeight: 1.55 }}>{sentence(node)}</p>
      <Section title="Upstreams">
        <Switch
          label="Answer OPTIONS"
          description="Off: upstreams that probe this node leave it; calls that come all the same are served"
          checked={node.answerOptions}
          disabled={!writable}
          onChange={(event) => fireAndReport(change({ answerOptions: event.currentTarget.checked }))}
        />
      </Section>
      <Section title="Configuration">
        <Facts
          facts={[
            ['Revision applied', `${node.rev} of ${node.headRev}`],
            ['Lag', node.lagMs === 0 ? 'none' : duration(node.lagMs)],
            ['Epoch', <Copyable key="epoch" value={node.epoch} />],
          ]}
        />
      </Section>
      <Section title="Quarantined rows" about="Rows that this node refused; their last good version stays in force.">
        {node.quarantined.length === 0 ? (
          <span style={{ color: 'var(--sb-ink-2)' }}>None.</span>
        ) : (
          <Facts facts={node.quarantined.map((row) => [`${row.table} ${row.key}`, row.reason])} />
        )}
      </Section>
      <Section title="Load">
        <Facts
          facts={[
            ['Calls in progress', count(node.calls)],
            ['Calls a second', rate(node.callsPerSecond)],
            ['Event-loop delay', duration(node.loopDelayMs)],
            ['Memory', bytes(node.memoryBytes)],
            ['Workers', count(node.workers)],
          ]}
        />
      </Section>
      <NodeMediaSection media={node.media} />
      <Section title="Process">
        <Facts
          facts={[
            ['Version', node.version],
            ['Address', <Copyable key="address" value={node.address} />],
            ['Connected', node.connectedSinceMs === null ? 'no' : <RelativeTime key="since" atMs={node.connectedSinceMs} />],
            ['Last heard', node.lastSeenMs === null ? 'never' : <RelativeTime key="seen" atMs={node.lastSeenMs} suffix=" ago" />],
            ['Node id', <Copyable key="id" value={node.id} />],
          ]}
        />
      </Section>
    </EntityDrawer>
  );
}

import { Button, Group, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconRadar2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Destination } from '../../../../controlplane/contract/index.ts';
import { destinations } from '../../api/resources.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { RelativeTime } from '../../components/RelativeTime.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { useStoredForm } from '../../components/stored-form.ts';
import { count, duration } from '../../lib/figures.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import { attrsPatch, attrsText } from './attrs.ts';
import { probe } from './DestinationActions.tsx';
import { destinationState } from './destination-state.ts';

type Seen = Destination['live'][number];

const seenColumns: readonly Column<Seen>[] = [
  { key: 'node', header: 'Node', render: (seen) => seen.nodeName },
  { key: 'state', header: 'State', render: (seen) => <StateBadge tone={seen.state === 'unknown' ? 'probing' : seen.state}>{seen.state}</StateBadge> },
  { key: 'reason', header: 'Because', render: (seen) => seen.reasonText, wraps: true },
  { key: 'since', header: 'Since', align: 'right', render: (seen) => <RelativeTime atMs={seen.sinceMs} />, wide: true },
  { key: 'latency', header: 'Latency', align: 'right', render: (seen) => duration(seen.latencyMs.last), wide: true },
  { key: 'avg', header: 'Mean', align: 'right', render: (seen) => duration(seen.latencyMs.avg), wide: true },
  { key: 'max', header: 'Worst', align: 'right', render: (seen) => duration(seen.latencyMs.max), wide: true },
  { key: 'calls', header: 'Calls', align: 'right', render: (seen) => count(seen.calls) },
];

const drawerWidth = 760;

/** One destination: what each node sees of it, and its settings. */
export function DestinationDrawer({ id }: { readonly id: string }) {
  return (
    <DrawerQuery title={`Destination ${id}`} size={drawerWidth} query={destinations.one(id)}>
      {(destination) => <DestinationForm destination={destination} />}
    </DrawerQuery>
  );
}

function DestinationForm({ destination }: { readonly destination: Destination }) {
  const writable = useMayWrite();
  const state = destinationState(destination);
  const entity = useStoredForm({
    stored: destination,
    initial: {
      uri: destination.uri,
      rank: destination.rank,
      weight: destination.weight,
      admin: destination.admin,
      comment: destination.comment,
      attrs: attrsText(destination.attrs),
    },
    write: (values, basis) => destinations.edit(basis.id, { ...values, uri: values.uri.trim(), attrs: attrsPatch(values.attrs, basis.attrs) }, basis.version),
    refreshes: ['dispatcher-sets', 'destinations'],
    path: (path) => (path.startsWith('attrs.') ? 'attrs' : path),
  });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="destination"
      size={drawerWidth}
      stored={{
        name: destination.uri,
        title: <Copyable value={destination.uri} />,
        about: (
          <Group gap="md">
            <StateBadge tone={state.tone}>{state.word}</StateBadge>
            <span>
              destination {destination.id} of{' '}
              <Link to="." search={(old) => ({ ...old, open: String(destination.set), destination: undefined })}>
                dispatcher set {destination.set}
              </Link>
            </span>
          </Group>
        ),
      }}
      act={
        writable ? (
          <Button variant="default" leftSection={<IconRadar2 size={15} stroke={1.6} />} onClick={() => fireAndReport(probe(destination), 'The probe could not be sent')}>
            Probe now
          </Button>
        ) : undefined
      }
      above={
        <Section title="What the nodes see">
          {destination.live.length === 0 ? (
            <p style={{ margin: 0, color: 'var(--sb-ink-2)' }}>No connected node has reported on this destination yet.</p>
          ) : (
            <div style={{ margin: '0 -16px' }}>
              <DataTable label="What the nodes see" rows={destination.live} columns={seenColumns} rowKey={(seen) => seen.node} />
            </div>
          )}
        </Section>
      }
    >
      <Section title="Settings">
        <TextInput label="Address" className="mono-input" spellCheck={false} {...form.getInputProps('uri')} />
        <Columns>
          <Select label="Admin state" allowDeselect={false} data={['enabled', 'draining', 'disabled']} {...form.getInputProps('admin')} />
          <NumberInput label="Rank, 1 = first" min={1} {...form.getInputProps('rank')} />
          <NumberInput label="Weight" min={0} {...form.getInputProps('weight')} />
        </Columns>
        <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
      </Section>
      <Section title="Attributes" about="One name=value a line. rweight, maxload, cc, latency, socket, obproxy, ping_from, ocmin, ocmax and ocrate change what is done; others are kept.">
        <Textarea aria-label="Attributes" autosize minRows={2} placeholder="maxload=100" className="mono-input" spellCheck={false} {...form.getInputProps('attrs')} />
      </Section>
    </FormDrawer>
  );
}

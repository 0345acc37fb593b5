import { SegmentedControl } from '@mantine/core';
import { IconArrowsSplit2 } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { DispatcherSet } from '../../../../controlplane/contract/index.ts';
import { dispatcherSets } from '../../api/resources.ts';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { useFilter } from '../../lib/use-filter.ts';
import { DestinationDrawer } from './DestinationDrawer.tsx';
import { destinationState } from './destination-state.ts';
import { SetDrawer, setDrawerWidth } from './SetDrawer.tsx';
import { SetsTable } from './SetsTable.tsx';

/** Only the destinations in the wanted state; sets without any are left out. */
function inState(sets: readonly DispatcherSet[], state: string | undefined): readonly DispatcherSet[] {
  if (state === undefined) return sets;
  return sets
    .map((set) => ({ ...set, destinations: set.destinations.filter((each) => destinationState(each).tone === state) }))
    .filter((set) => set.destinations.length > 0);
}

export function DispatcherPage() {
  const { q, tenant, state, open, destination } = useSearch({ strict: false });
  const filter = useFilter();
  const query = useInfiniteQuery(dispatcherSets.list({ q, tenant }));
  const create = <NewButton>New dispatcher set</NewButton>;
  return (
    <>
      <PageHeader title="Dispatcher" about="Sets of backends with their live state: what gets calls, what does not, and why." actions={create} />
      <Filters placeholder="Set, destination or comment" tenant>
        <SegmentedControl
          size="xs"
          aria-label="State"
          value={state ?? ''}
          onChange={(value) => filter({ state: value === '' ? undefined : value })}
          data={[
            { value: '', label: 'All' },
            { value: 'up', label: 'Up' },
            { value: 'probing', label: 'Unknown' },
            { value: 'down', label: 'Down' },
            { value: 'draining', label: 'Draining' },
            { value: 'disabled', label: 'Disabled' },
          ]}
        />
      </Filters>
      <ListPanel
        query={query}
        filtered={q !== undefined || tenant !== undefined}
        empty={
          <EmptyState icon={<IconArrowsSplit2 size={22} stroke={1.6} />} title="Where should calls go?" action={create}>
            A dispatcher set is a group of PBXs that can stand in for each other. Give it two addresses: each is asked with OPTIONS at once and
            turns green when it answers. A route set then sends calls here.
          </EmptyState>
        }
      >
        {(rows) => <SetsTable sets={inState(rows, state)} open={open} />}
      </ListPanel>
      <OpenedEntity of={dispatcherSets} title={(key) => `Dispatcher set ${key}`} size={setDrawerWidth}>{(set) => <SetDrawer set={set} />}</OpenedEntity>
      {destination !== undefined && open === undefined ? <DestinationDrawer key={destination} id={destination} /> : null}
    </>
  );
}

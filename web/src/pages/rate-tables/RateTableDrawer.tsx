import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Rate } from '../../../../controlplane/contract/index.ts';
import { ratesQuery, removeRates } from '../../api/rate-tables.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Section } from '../../components/Form.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { PriceListUpload } from './PriceListUpload.tsx';

const drawerWidth = 640;

const columns: readonly Column<Rate>[] = [
  { key: 'prefix', header: 'Prefix', render: (row) => <span className="mono">{row.prefix}</span> },
  { key: 'set', header: 'Dispatcher set', align: 'right', render: (row) => <TableLink to="/dispatcher" search={{ open: String(row.set) }}>{row.set}</TableLink> },
  { key: 'price', header: 'Price', align: 'right', render: (row) => <span className="num">{row.price.toFixed(6)}</span> },
];

/** One price list: its rates, and another one in its place. */
export function RateTableDrawer({ table }: { readonly table: string }) {
  const { close } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  const [text, setText] = useState('');
  const [prefix] = useDebouncedValue(text.trim(), 200);
  const query = useInfiniteQuery(ratesQuery(table, prefix));
  const remove = async () => {
    await removeRates(table);
    refresh('rate-tables');
    close();
  };
  return (
    <EntityDrawer
      size={drawerWidth}
      title={`Rate table ${table}`}
      about="A rule that names this table tries the cheapest set first."
      danger={
        writable ? (
          <DangerButton label="Delete rate table" title={`Delete rate table ${table}?`} act={remove}>
            All of its rates go. The control plane refuses as long as a rule names the table.
          </DangerButton>
        ) : undefined
      }
    >
      {writable ? (
        <Section title="Replace" about="The whole list, as one revision. A dry run counts first what would change.">
          <PriceListUpload table={table} onStored={() => setText('')} />
        </Section>
      ) : null}
      <Section title="Rates">
        <TextInput size="xs" aria-label="Prefix" className="mono-input" placeholder="one prefix, such as +4930" leftSection={<IconSearch size={14} stroke={1.8} />} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <ListPanel query={query} filtered={prefix !== ''} empty="This table has no rate.">
          {(rows) => <DataTable label="Rates" rows={rows} columns={columns} rowKey={(row) => `${row.prefix} ${row.set}`} />}
        </ListPanel>
      </Section>
    </EntityDrawer>
  );
}

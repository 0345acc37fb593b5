import { NumberInput } from '@mantine/core';
import { useState } from 'react';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Section } from '../../components/Form.tsx';
import { PriceListUpload } from './PriceListUpload.tsx';

/** A table is made by its first price list. */
export function NewRateTableDrawer() {
  const { show } = useDrawer();
  const [number, setNumber] = useState<number | string>('');
  const table = number === '' ? '' : String(number);
  return (
    <EntityDrawer title="New rate table" about="A price list under a number, which rules then name.">
      <Section title="Rate table">
        <NumberInput label="Number" min={1} allowDecimal={false} data-autofocus value={number} onChange={setNumber} />
        <PriceListUpload table={table} onStored={() => show(table)} />
      </Section>
    </EntityDrawer>
  );
}

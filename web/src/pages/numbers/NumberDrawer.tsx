import { Switch, Textarea, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import type { NumberItem } from '../../../../controlplane/contract/index.ts';
import { numbers } from '../../api/resources.ts';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { RouteSetPicker, TenantPicker } from '../../components/Pickers.tsx';
import { useKeyedEntity } from '../../components/stored-form.ts';
import { numberBody, numberValues } from './number-form.ts';

export function NumberDrawer({ number }: { readonly number: NumberItem | null }) {
  const { tenant } = useSearch({ strict: false });
  const entity = useKeyedEntity({ stored: number, store: numbers, key: 'pattern', initial: numberValues(number, tenant), body: numberBody, refreshes: ['numbers'] });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="number"
      about="A called number and the route set that its calls follow."
      stored={number && { name: number.pattern, removing: 'Calls from trunks to this number follow the trunk’s own route set again, or that of a shorter number. Calls in progress go on.' }}
    >
      <Section title="Number and owner">
        {number === null ? <TextInput label="Number" className="mono-input" placeholder="+4930123456" description="Digits behind an optional +; a * at the end stands for any more: +4930*" data-autofocus {...form.getInputProps('pattern')} /> : null}
        <Columns>
          <TenantPicker label="Tenant" placeholder="Whose number this is" {...form.getInputProps('tenant')} />
          <RouteSetPicker label="Route set" placeholder="Where its calls go" tenant={form.values.tenant ?? undefined} {...form.getInputProps('routeSet')} />
        </Columns>
        <Switch label="Enabled" {...form.getInputProps('enabled', { type: 'checkbox' })} />
      </Section>
      <Section title="Notes">
        <TextInput label="External id" description="Your own key, unique in the tenant" {...form.getInputProps('externalId')} />
        <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
      </Section>
    </FormDrawer>
  );
}

import { NumberInput, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import type { Trunk } from '../../../../controlplane/contract/index.ts';
import { trunks } from '../../api/resources.ts';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { NameAndKey } from '../../components/NameAndKey.tsx';
import { RouteSetPicker, TenantPicker } from '../../components/Pickers.tsx';
import { useKeyedEntity } from '../../components/stored-form.ts';
import { trunkBody, trunkValues } from './trunk-form.ts';

export function TrunkDrawer({ trunk }: { readonly trunk: Trunk | null }) {
  const { tenant } = useSearch({ strict: false });
  const entity = useKeyedEntity({
    stored: trunk,
    store: trunks,
    key: 'key',
    initial: trunkValues(trunk, tenant),
    body: trunkBody,
    refreshes: ['trunks', 'tenants', 'route-sets'],
    // An error of one source belongs to the list of sources.
    path: (path) => (path.startsWith('sources.') ? 'sources' : path),
  });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="trunk"
      about="A peer known by its source address."
      stored={
        trunk && {
          name: trunk.key,
          title: trunk.name === '' ? trunk.key : trunk.name,
          about: <span className="mono">{trunk.key}</span>,
          removing: `New calls from ${trunk.sources.join(', ')} are no longer recognised; they get what any stranger gets. Calls in progress go on.`,
        }
      }
    >
      <Section title="Identity">
        <NameAndKey form={form} isNew={trunk === null} />
        <TagsInput label="Source addresses" description="Addresses or prefixes such as 192.0.2.0/24; the longest match of all trunks wins" placeholder={form.values.sources.length === 0 ? '192.0.2.7' : ''} splitChars={[',', ' ']} acceptValueOnBlur {...form.getInputProps('sources')} />
        <Columns>
          <TenantPicker label="Tenant" placeholder="Whose calls these are" {...form.getInputProps('tenant')} />
          <RouteSetPicker label="Route set" placeholder="Where they go" tenant={form.values.tenant ?? undefined} {...form.getInputProps('routeSet')} />
        </Columns>
        <Columns>
          <NumberInput label="Strip" description="Digits taken off the dialled number" inputWrapperOrder={['label', 'input', 'description', 'error']} min={0} max={64} allowDecimal={false} {...form.getInputProps('strip')} />
          <TextInput label="Then prepend" description="Before numbers are looked up" inputWrapperOrder={['label', 'input', 'description', 'error']} className="mono-input" placeholder="+49" {...form.getInputProps('prepend')} />
        </Columns>
        <Switch label="Enabled" {...form.getInputProps('enabled', { type: 'checkbox' })} />
      </Section>
      <Section title="Notes">
        <TextInput label="External id" description="Your provisioning system's own key, unique in the tenant" {...form.getInputProps('externalId')} />
        <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
      </Section>
    </FormDrawer>
  );
}

import { Button, NumberInput, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Trunk } from '../../../../controlplane/contract/index.ts';
import { trunks } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { RouteSetPicker, TenantPicker } from '../../components/Pickers.tsx';
import { keyFromName } from '../../lib/key-from-name.ts';
import { trunkBody, trunkValues } from './trunk-form.ts';

export function TrunkDrawer({ trunkKey }: { readonly trunkKey: string | null }) {
  return (
    <DrawerQuery title={trunkKey ?? 'New trunk'} query={trunkKey === null ? null : trunks.one(trunkKey)}>
      {(trunk) => <TrunkForm trunk={trunk} />}
    </DrawerQuery>
  );
}

function TrunkForm({ trunk }: { readonly trunk: Trunk | null }) {
  const { tenant } = useSearch({ strict: false });
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(trunk);
  const { form, saving, failure, submit } = useEntityForm({
    initial: trunkValues(trunk, tenant),
    save: async (values) => {
      const key = trunk?.key ?? values.key;
      setBasis(await (basis === null ? trunks.add(key, trunkBody(values)) : trunks.edit(key, trunkBody(values), basis.version)));
      refresh('trunks', 'tenants', 'route-sets');
      if (trunk === null) show(key);
    },
    // An error of one source belongs to the list of sources.
    path: (path) => (path === '' || path.startsWith(':') ? 'key' : path.startsWith('sources.') ? 'sources' : path),
  });
  const remove = async (key: string) => {
    await trunks.remove(key);
    refresh('trunks', 'tenants', 'route-sets');
    close();
  };
  const { name, key } = form.values;
  return (
    <EntityDrawer
      title={trunk === null ? 'New trunk' : trunk.name === '' ? trunk.key : trunk.name}
      about={trunk === null ? 'A peer known by its source address.' : <span className="mono">{trunk.key}</span>}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {trunk === null ? 'Create trunk' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        trunk === null || !writable ? undefined : (
          <DangerButton label="Delete trunk" title={`Delete ${trunk.key}?`} act={() => remove(trunk.key)}>
            New calls from {trunk.sources.join(', ')} are no longer recognised; they get what any stranger gets. Calls in progress go on.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <Section title="Identity">
            <Columns>
              <TextInput
                label="Name"
                data-autofocus={trunk === null || undefined}
                {...form.getInputProps('name')}
                onChange={(event) => {
                  const text = event.currentTarget.value;
                  if (trunk === null && key === keyFromName(name)) form.setFieldValue('key', keyFromName(text));
                  form.setFieldValue('name', text);
                }}
              />
              {trunk === null ? <TextInput label="Key" className="mono-input" {...form.getInputProps('key')} /> : null}
            </Columns>
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
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

import { Button, NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Tenant } from '../../../../controlplane/contract/index.ts';
import { tenants } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { keyFromName } from '../../lib/key-from-name.ts';
import { tenantBody, tenantValues } from './tenant-form.ts';
import { TenantBelongings } from './TenantBelongings.tsx';

/** One tenant: what it may do, and what belongs to it. */
export function TenantDrawer({ tenantKey }: { readonly tenantKey: string | null }) {
  return (
    <DrawerQuery title={tenantKey ?? 'New tenant'} query={tenantKey === null ? null : tenants.one(tenantKey)}>
      {(tenant) => <TenantForm tenant={tenant} />}
    </DrawerQuery>
  );
}

function TenantForm({ tenant }: { readonly tenant: Tenant | null }) {
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(tenant);
  const { form, saving, failure, submit } = useEntityForm({
    initial: tenantValues(tenant),
    save: async (values) => {
      const key = tenant?.key ?? values.key;
      setBasis(await (basis === null ? tenants.add(key, tenantBody(values)) : tenants.edit(key, tenantBody(values), basis.version)));
      refresh('tenants');
      if (tenant === null) show(key);
    },
    path: (path) => (path === '' || path.startsWith(':') ? 'key' : path),
  });
  const remove = async (key: string) => {
    await tenants.remove(key);
    refresh('tenants');
    close();
  };
  const { name, key } = form.values;
  return (
    <EntityDrawer
      title={tenant === null ? 'New tenant' : tenant.name === '' ? tenant.key : tenant.name}
      about={tenant === null ? 'A customer of this edge.' : <span className="mono">{tenant.key}</span>}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {tenant === null ? 'Create tenant' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        tenant === null || !writable ? undefined : (
          <DangerButton label="Delete tenant" title={`Delete ${tenant.key}?`} act={() => remove(tenant.key)}>
            The tenant and its limits go. Its domains, route sets, dispatcher sets and trunks must go first; the control plane refuses as long
            as one of them is left and names it.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      {tenant === null ? null : <TenantBelongings tenant={tenant} />}
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <Section title="Identity">
            <Columns>
              <TextInput
                label="Name"
                data-autofocus={tenant === null || undefined}
                {...form.getInputProps('name')}
                onChange={(event) => {
                  const text = event.currentTarget.value;
                  if (tenant === null && key === keyFromName(name)) form.setFieldValue('key', keyFromName(text));
                  form.setFieldValue('name', text);
                }}
              />
              {tenant === null ? <TextInput label="Key" description="In the API's addresses; stays for ever" className="mono-input" inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.getInputProps('key')} /> : null}
            </Columns>
            <Switch label="Enabled" description="A disabled tenant's domains are treated as unknown" {...form.getInputProps('enabled', { type: 'checkbox' })} />
          </Section>
          <Section title="Limits" about="0 means unlimited.">
            <Columns>
              <NumberInput label="Concurrent calls" min={0} thousandSeparator="," {...form.getInputProps('limits.calls')} />
              <NumberInput label="New calls a second" min={0} thousandSeparator="," {...form.getInputProps('limits.cps')} />
              <NumberInput label="Registrations" min={0} thousandSeparator="," {...form.getInputProps('limits.registrations')} />
            </Columns>
          </Section>
          <Section title="Calls">
            <Select
              label="Redirections (3xx) of a PBX"
              allowDeselect={false}
              data={[
                { value: 'pass', label: 'Pass: the caller follows them' },
                { value: 'recurse', label: 'Recurse: their Contacts are tried here' },
                { value: 'block', label: 'Block: the caller gets 480' },
              ]}
              {...form.getInputProps('policies.redirects')}
            />
            <Switch label="Topology hiding" description="Neither side sees the other's Via, Record-Route or Contact" {...form.getInputProps('policies.topologyHiding', { type: 'checkbox' })} />
            <Switch label="Hide the Call-ID, too" disabled={!form.values.policies.topologyHiding} {...form.getInputProps('policies.hideCallId', { type: 'checkbox' })} />
          </Section>
          <Section title="Notes">
            <TextInput label="External id" description="Your provisioning system's own key, unique" {...form.getInputProps('externalId')} />
            <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
          </Section>
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

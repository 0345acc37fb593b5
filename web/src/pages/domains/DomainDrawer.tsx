import { Button, Switch, Textarea, TextInput } from '@mantine/core';
import { IconHelpHexagon } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Domain } from '../../../../controlplane/contract/index.ts';
import { domains } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { RouteSetPicker, TenantPicker } from '../../components/Pickers.tsx';
import { domainBody, domainValues } from './domain-form.ts';

export function DomainDrawer({ name }: { readonly name: string | null }) {
  return (
    <DrawerQuery title={name ?? 'New domain'} query={name === null ? null : domains.one(name)}>
      {(domain) => <DomainForm domain={domain} />}
    </DrawerQuery>
  );
}

function DomainForm({ domain }: { readonly domain: Domain | null }) {
  const { tenant } = useSearch({ strict: false });
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(domain);
  const { form, saving, failure, submit } = useEntityForm({
    initial: domainValues(domain, tenant),
    save: async (values) => {
      const name = domain?.name ?? values.name.trim().toLowerCase();
      setBasis(await (basis === null ? domains.add(name, domainBody(values)) : domains.edit(name, domainBody(values), basis.version)));
      refresh('domains', 'tenants', 'route-sets');
      if (domain === null) show(name);
    },
    path: (path) => (path === '' || path.startsWith(':') ? 'name' : path),
  });
  const remove = async (name: string) => {
    await domains.remove(name);
    refresh('domains', 'tenants', 'route-sets');
    close();
  };
  return (
    <EntityDrawer
      title={domain === null ? 'New domain' : <span className="mono" style={{ fontSize: 16 }}>{domain.name}</span>}
      about={domain === null ? 'A SIP name and the route set that its calls follow.' : undefined}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {domain === null ? 'Create domain' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        domain === null || !writable ? undefined : (
          <DangerButton label="Delete domain" title={`Delete ${domain.name}?`} act={() => remove(domain.name)}>
            Every node stops answering for this name at once: phones of {domain.tenant} that register with it and callers that dial it get what
            an unknown domain gets. Calls in progress go on.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <Section
            title="Name and owner"
            aside={
              domain === null ? undefined : (
                <ButtonLink to="/explain" search={{ uri: `sip:1001@${domain.name.replace('*', 'example')}` }} variant="default" size="compact-sm" leftSection={<IconHelpHexagon size={15} stroke={1.6} />}>
                  Explain a call
                </ButtonLink>
              )
            }
          >
            {domain === null ? <TextInput label="Domain" className="mono-input" placeholder="sip.example.com" description="Exact, or *.example.com for every name below" data-autofocus {...form.getInputProps('name')} /> : null}
            <Columns>
              <TenantPicker label="Tenant" placeholder="Choose the owner" {...form.getInputProps('tenant')} />
              <RouteSetPicker label="Route set" placeholder="Choose where calls go" tenant={form.values.tenant ?? undefined} {...form.getInputProps('routeSet')} />
            </Columns>
            <Switch label="Enabled" description="A disabled domain is treated as unknown" {...form.getInputProps('enabled', { type: 'checkbox' })} />
          </Section>
          <Section title="Notes">
            <Columns>
              <TextInput label="did" description="Kamailio's domain id; empty = the name" {...form.getInputProps('did')} />
              <TextInput label="External id" description="Your own key, unique in the tenant" {...form.getInputProps('externalId')} />
            </Columns>
            <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
          </Section>
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

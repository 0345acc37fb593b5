import { Switch, Textarea, TextInput } from '@mantine/core';
import { IconHelpHexagon } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import type { Domain } from '../../../../controlplane/contract/index.ts';
import { domains } from '../../api/resources.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { RouteSetPicker, TenantPicker } from '../../components/Pickers.tsx';
import { useKeyedEntity } from '../../components/stored-form.ts';
import { domainBody, domainValues } from './domain-form.ts';

export function DomainDrawer({ domain }: { readonly domain: Domain | null }) {
  const { tenant } = useSearch({ strict: false });
  const entity = useKeyedEntity({ stored: domain, store: domains, key: 'name', initial: domainValues(domain, tenant), body: domainBody, refreshes: ['domains', 'tenants', 'route-sets'] });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="domain"
      about="A SIP name and the route set that its calls follow."
      stored={
        domain && {
          name: domain.name,
          removing: `Every node stops answering for this name at once: phones of ${domain.tenant} that register with it and callers that dial it get what an unknown domain gets. Calls in progress go on.`,
        }
      }
    >
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
    </FormDrawer>
  );
}

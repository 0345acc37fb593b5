import { NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import type { Tenant } from '../../../../controlplane/contract/index.ts';
import { tenants } from '../../api/resources.ts';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { NameAndKey } from '../../components/NameAndKey.tsx';
import { useKeyedEntity } from '../../components/stored-form.ts';
import { tenantBody, tenantValues } from './tenant-form.ts';
import { TenantBelongings } from './TenantBelongings.tsx';

/** What each policy does, and what it costs. */
const mediaHelp: Readonly<Record<Tenant['policies']['media'], string>> = {
  relay: 'Ends see only the address of the edge; NAT, IPv4 to IPv6 and figures of quality are taken care of. Takes four ports a call.',
  auto: 'Relayed when an end is behind NAT or the families differ; other calls send their media past the edge.',
  direct: 'The SDP passes as it came. The ends must reach each other, learn each other\'s address, and the edge knows nothing of how a call sounds.',
};

/** One tenant: what it may do, and what belongs to it. */
export function TenantDrawer({ tenant }: { readonly tenant: Tenant | null }) {
  const entity = useKeyedEntity({ stored: tenant, store: tenants, key: 'key', initial: tenantValues(tenant), body: tenantBody, refreshes: ['tenants'] });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="tenant"
      about="A customer of this edge."
      stored={
        tenant && {
          name: tenant.key,
          title: tenant.name === '' ? tenant.key : tenant.name,
          about: <span className="mono">{tenant.key}</span>,
          removing: 'The tenant and its limits go. Its domains, route sets, dispatcher sets and trunks must go first; the control plane refuses as long as one of them is left and names it.',
        }
      }
      above={tenant && <TenantBelongings tenant={tenant} />}
    >
      <Section title="Identity">
        <NameAndKey form={form} isNew={tenant === null} />
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
      <Section title="Media">
        <Select
          label="Media policy"
          description={mediaHelp[form.values.policies.media]}
          allowDeselect={false}
          data={[
            { value: 'relay', label: 'Relay: all media passes through the edge' },
            { value: 'auto', label: 'Auto: relayed only when an end could not be reached otherwise' },
            { value: 'direct', label: 'Direct: media goes from end to end' },
          ]}
          {...form.getInputProps('policies.media')}
        />
        <Select
          label="An end is learned from"
          description="Where relayed media may come from; others are dropped"
          allowDeselect={false}
          disabled={form.values.policies.media === 'direct'}
          data={[
            { value: 'default', label: 'As the settings say' },
            { value: 'strict', label: 'Strict: only the address that its SDP names' },
            { value: 'sdp', label: 'SDP: the hosts that SDP and signalling name' },
            { value: 'loose', label: 'Loose: whoever sends first' },
          ]}
          {...form.getInputProps('policies.latching')}
        />
      </Section>
      <Section title="Notes">
        <TextInput label="External id" description="Your provisioning system's own key, unique" {...form.getInputProps('externalId')} />
        <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
      </Section>
    </FormDrawer>
  );
}

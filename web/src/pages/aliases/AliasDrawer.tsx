import { Switch, Textarea, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import type { Alias } from '../../../../controlplane/contract/index.ts';
import { aliases } from '../../api/resources.ts';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { useKeyedEntity } from '../../components/stored-form.ts';
import { aliasBody, aliasValues } from './alias-form.ts';

export function AliasDrawer({ alias }: { readonly alias: Alias | null }) {
  const { tenant } = useSearch({ strict: false });
  const entity = useKeyedEntity({ stored: alias, store: aliases, key: 'alias', initial: aliasValues(alias, tenant), body: aliasBody, refreshes: ['aliases'] });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="alias"
      about="Another name of an address."
      stored={alias && { name: alias.alias, removing: 'Calls to this name are routed by the name itself again. Calls in progress go on.' }}
    >
      <Section title="Names">
        <Columns>
          {alias === null ? <TextInput label="Alias" className="mono-input" placeholder="sales@acme.example" description="Or *@old.example for everybody there" data-autofocus {...form.getInputProps('alias')} /> : null}
          <TextInput label="Stands for" className="mono-input" placeholder="100@acme.example" description="* keeps the user; looked up once, no chains" {...form.getInputProps('target')} />
        </Columns>
        <TenantPicker label="Tenant" placeholder="Whose name this is" {...form.getInputProps('tenant')} />
        <Switch label="Enabled" {...form.getInputProps('enabled', { type: 'checkbox' })} />
      </Section>
      <Section title="Notes">
        <TextInput label="External id" description="Your own key, unique in the tenant" {...form.getInputProps('externalId')} />
        <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
      </Section>
    </FormDrawer>
  );
}

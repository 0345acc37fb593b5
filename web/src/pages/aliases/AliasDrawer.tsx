import { Button, Switch, Textarea, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alias } from '../../../../controlplane/contract/index.ts';
import { aliases } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { aliasBody, aliasValues } from './alias-form.ts';

export function AliasDrawer({ address }: { readonly address: string | null }) {
  return (
    <DrawerQuery title={address ?? 'New alias'} query={address === null ? null : aliases.one(address)}>
      {(alias) => <AliasForm alias={alias} />}
    </DrawerQuery>
  );
}

function AliasForm({ alias }: { readonly alias: Alias | null }) {
  const { tenant } = useSearch({ strict: false });
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(alias);
  const { form, saving, failure, submit } = useEntityForm({
    initial: aliasValues(alias, tenant),
    save: async (values) => {
      const key = alias?.alias ?? values.alias.trim();
      setBasis(await (basis === null ? aliases.add(key, aliasBody(values)) : aliases.edit(key, aliasBody(values), basis.version)));
      refresh('aliases');
      if (alias === null) show(key);
    },
    path: (path) => (path === '' || path.startsWith(':') ? 'alias' : path),
  });
  const remove = async (key: string) => {
    await aliases.remove(key);
    refresh('aliases');
    close();
  };
  return (
    <EntityDrawer
      title={alias === null ? 'New alias' : <span className="mono" style={{ fontSize: 16 }}>{alias.alias}</span>}
      about={alias === null ? 'Another name of an address.' : undefined}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {alias === null ? 'Create alias' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        alias === null || !writable ? undefined : (
          <DangerButton label="Delete alias" title={`Delete ${alias.alias}?`} act={() => remove(alias.alias)}>
            Calls to this name are routed by the name itself again. Calls in progress go on.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
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
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

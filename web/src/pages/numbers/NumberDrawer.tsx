import { Button, Switch, Textarea, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { NumberItem } from '../../../../controlplane/contract/index.ts';
import { numbers } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { RouteSetPicker, TenantPicker } from '../../components/Pickers.tsx';
import { numberBody, numberValues } from './number-form.ts';

export function NumberDrawer({ pattern }: { readonly pattern: string | null }) {
  return (
    <DrawerQuery title={pattern ?? 'New number'} query={pattern === null ? null : numbers.one(pattern)}>
      {(number) => <NumberForm number={number} />}
    </DrawerQuery>
  );
}

function NumberForm({ number }: { readonly number: NumberItem | null }) {
  const { tenant } = useSearch({ strict: false });
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(number);
  const { form, saving, failure, submit } = useEntityForm({
    initial: numberValues(number, tenant),
    save: async (values) => {
      const key = number?.pattern ?? values.pattern.trim();
      setBasis(await (basis === null ? numbers.add(key, numberBody(values)) : numbers.edit(key, numberBody(values), basis.version)));
      refresh('numbers');
      if (number === null) show(key);
    },
    path: (path) => (path === '' || path.startsWith(':') ? 'pattern' : path),
  });
  const remove = async (key: string) => {
    await numbers.remove(key);
    refresh('numbers');
    close();
  };
  return (
    <EntityDrawer
      title={number === null ? 'New number' : <span className="mono" style={{ fontSize: 16 }}>{number.pattern}</span>}
      about={number === null ? 'A called number and the route set that its calls follow.' : undefined}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {number === null ? 'Create number' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        number === null || !writable ? undefined : (
          <DangerButton label="Delete number" title={`Delete ${number.pattern}?`} act={() => remove(number.pattern)}>
            Calls from trunks to this number follow the trunk’s own route set again, or that of a shorter number. Calls in progress go on.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
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
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

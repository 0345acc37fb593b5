import { Button, NumberInput, Textarea, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { DispatcherSet } from '../../../../controlplane/contract/index.ts';
import { dispatcherSets } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { plural } from '../../lib/figures.ts';
import { DestinationsEditor } from './DestinationsEditor.tsx';
import { callsOf } from './destination-state.ts';
import { PolicyFields } from './PolicyFields.tsx';
import { filledDestinations, setBody, setValues } from './set-form.ts';

const drawerWidth = 720;

export function SetDrawer({ id }: { readonly id: string | null }) {
  return (
    <DrawerQuery title={id === null ? 'New dispatcher set' : `Dispatcher set ${id}`} size={drawerWidth} query={id === null ? null : dispatcherSets.one(id)}>
      {(set) => <SetForm set={set} />}
    </DrawerQuery>
  );
}

function SetForm({ set }: { readonly set: DispatcherSet | null }) {
  const { tenant } = useSearch({ strict: false });
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(set);
  const entity = useEntityForm({
    initial: setValues(set, tenant),
    save: async (values) => {
      // Empty lines are not sent; dropping them here keeps the positions that field errors point to.
      entity.form.setFieldValue('destinations', filledDestinations(values));
      const body = setBody(values, basis);
      const written = basis === null ? await dispatcherSets.create(body) : await dispatcherSets.edit(basis.id, body, basis.version);
      setBasis(written);
      refresh('dispatcher-sets', 'destinations', 'tenants');
      if (set === null) show(String(written.id));
      else entity.form.setValues(setValues(written, tenant));
    },
  });
  const { form, saving, failure, submit } = entity;
  const remove = async (key: number) => {
    await dispatcherSets.remove(key);
    refresh('dispatcher-sets', 'tenants');
    close();
  };
  const calls = set?.destinations.reduce((sum, each) => sum + callsOf(each), 0) ?? 0;
  return (
    <EntityDrawer
      size={drawerWidth}
      title={set === null ? 'New dispatcher set' : set.name === '' ? `Dispatcher set ${set.id}` : set.name}
      about={set === null ? 'PBXs that can stand in for each other, and how calls are spread over them.' : `Dispatcher set ${set.id}`}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {set === null ? 'Create set' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        set === null || !writable ? undefined : (
          <DangerButton label="Delete set" title={`Delete dispatcher set ${set.id}?`} act={() => remove(set.id)}>
            {plural(set.destinations.length, 'destination')} with {plural(calls, 'call')} in progress would leave the configuration; calls in
            progress go on. The control plane refuses as long as a rule still sends calls here.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <Section
            title="Destinations"
            about="Each is asked with OPTIONS as soon as it is saved."
            aside={
              set === null || set.destinations.length === 0 ? undefined : (
                <ButtonLink to="/route-sets" search={{ create: '1', ...(set.tenant === null ? {} : { tenant: set.tenant }) }} variant="default" size="compact-sm" rightSection={<IconArrowRight size={14} />}>
                  Route calls here
                </ButtonLink>
              )
            }
          >
            <DestinationsEditor form={form} algorithm={form.values.algorithm} />
          </Section>
          <Section title="Set">
            <Columns>
              <TextInput label="Name" placeholder="acme pbx" {...form.getInputProps('name')} />
              <TenantPicker label="Tenant" placeholder="Shared by all" clearable {...form.getInputProps('tenant')} />
              {set === null ? <NumberInput label="Number" placeholder="next free" min={0} allowDecimal={false} {...form.getInputProps('id')} /> : null}
            </Columns>
          </Section>
          <PolicyFields form={form} />
          <Section title="Notes">
            <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
          </Section>
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

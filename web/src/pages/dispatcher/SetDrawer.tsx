import { NumberInput, Textarea, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useSearch } from '@tanstack/react-router';
import type { DispatcherSet, DispatcherSetCreate } from '../../../../controlplane/contract/index.ts';
import { dispatcherSets } from '../../api/resources.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { numbered, useKeyedEntity } from '../../components/stored-form.ts';
import { plural } from '../../lib/figures.ts';
import { DestinationsEditor } from './DestinationsEditor.tsx';
import { callsOf } from './destination-state.ts';
import { PolicyFields } from './PolicyFields.tsx';
import { filledDestinations, setBody, setValues } from './set-form.ts';

export const setDrawerWidth = 720;

export function SetDrawer({ set }: { readonly set: DispatcherSet | null }) {
  const { tenant } = useSearch({ strict: false });
  const entity = useKeyedEntity({
    stored: set,
    store: numbered(dispatcherSets),
    key: 'id',
    initial: setValues(set, tenant),
    body: (values, basis): DispatcherSetCreate => {
      // Empty lines are not sent; dropping them here keeps the positions that field errors point to.
      entity.form.setFieldValue('destinations', filledDestinations(values));
      return setBody(values, basis);
    },
    refreshes: ['dispatcher-sets', 'destinations', 'tenants'],
    // New destinations have got their ids.
    refill: (written) => setValues(written, tenant),
  });
  const { form } = entity;
  const calls = set?.destinations.reduce((sum, each) => sum + callsOf(each), 0) ?? 0;
  return (
    <FormDrawer
      entity={entity}
      noun="dispatcher set"
      about="PBXs that can stand in for each other, and how calls are spread over them."
      size={setDrawerWidth}
      stored={
        set && {
          name: `dispatcher set ${set.id}`,
          title: set.name === '' ? `Dispatcher set ${set.id}` : set.name,
          about: `Dispatcher set ${set.id}`,
          removing: `${plural(set.destinations.length, 'destination')} with ${plural(calls, 'call')} in progress would leave the configuration; calls in progress go on. The control plane refuses as long as a rule still sends calls here.`,
        }
      }
    >
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
    </FormDrawer>
  );
}

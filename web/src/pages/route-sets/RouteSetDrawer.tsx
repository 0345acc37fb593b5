import { Button, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { RouteSet } from '../../../../controlplane/contract/index.ts';
import { domains, routeSets } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { FailoverMatrix } from './FailoverMatrix.tsx';
import { routeSetBody, routeSetValues } from './route-set-form.ts';
import { RulesEditor } from './RulesEditor.tsx';

const drawerWidth = 820;

export function RouteSetDrawer({ number }: { readonly number: string | null }) {
  return (
    <DrawerQuery title={number === null ? 'New route set' : `Route set ${number}`} size={drawerWidth} query={number === null ? null : routeSets.one(number)}>
      {(set) => <RouteSetForm set={set} />}
    </DrawerQuery>
  );
}

function RouteSetForm({ set }: { readonly set: RouteSet | null }) {
  const { tenant } = useSearch({ strict: false });
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  const anyDomain = useQuery({ ...domains.choices('', {}, 1), enabled: set !== null });
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(set);
  const entity = useEntityForm({
    initial: routeSetValues(set, tenant),
    save: async (values) => {
      const body = routeSetBody(values, basis);
      const written = basis === null ? await routeSets.create(body) : await routeSets.edit(basis.number, body, basis.version);
      setBasis(written);
      refresh('route-sets', 'tenants');
      if (set === null) show(String(written.number));
      else entity.form.setValues(routeSetValues(written, tenant));
    },
  });
  const { form, saving, failure, submit } = entity;
  const remove = async (key: number) => {
    await routeSets.remove(key);
    refresh('route-sets', 'tenants');
    close();
  };
  return (
    <EntityDrawer
      size={drawerWidth}
      title={set === null ? 'New route set' : set.name === '' ? `Route set ${set.number}` : set.name}
      about={set === null ? 'Rules from number to dispatcher set.' : `Route set ${set.number}`}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {set === null ? 'Create route set' : 'Save'}
          </Button>
        ) : undefined
      }
      danger={
        set === null || !writable ? undefined : (
          <DangerButton label="Delete route set" title={`Delete route set ${set.number}?`} act={() => remove(set.number)}>
            Its {set.rules.length} {set.rules.length === 1 ? 'rule goes' : 'rules go'} with it. The control plane refuses as long as a domain or
            trunk still points here and names them.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <fieldset disabled={!writable} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <Section
            title="Rules"
            about="An exact number beats a range, a range beats a prefix, a longer prefix beats a shorter one; among equals the upper rule wins."
            aside={
              set === null ? undefined : (
                <ButtonLink
                  to="/domains"
                  search={{ ...(anyDomain.data?.items.length === 0 ? { create: '1' } : {}), ...(set.tenant === null ? {} : { tenant: set.tenant }) }}
                  variant="default"
                  size="compact-sm"
                  rightSection={<IconArrowRight size={14} />}
                >
                  {anyDomain.data?.items.length === 0 ? 'Point a domain here' : 'Domains'}
                </ButtonLink>
              )
            }
          >
            <RulesEditor form={form} saved={set?.number ?? null} />
          </Section>
          <Section title="Route set">
            <Columns>
              <TextInput label="Name" placeholder="acme" data-autofocus={set === null || undefined} {...form.getInputProps('name')} />
              <TenantPicker label="Tenant" placeholder="Shared by all" clearable {...form.getInputProps('tenant')} />
              {set === null ? <NumberInput label="Number" placeholder="next free" min={0} allowDecimal={false} {...form.getInputProps('number')} /> : null}
              <Select
                label="Address family"
                allowDeselect={false}
                data={[
                  { value: 'prefer', label: 'Prefer the request’s own' },
                  { value: 'match', label: 'Only the request’s own' },
                  { value: 'any', label: 'Any' },
                ]}
                {...form.getInputProps('family')}
              />
            </Columns>
          </Section>
          <FailoverMatrix form={form} />
          <Section title="Notes">
            <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
          </Section>
        </fieldset>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

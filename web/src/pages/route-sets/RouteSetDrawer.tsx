import { NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { RouteSet } from '../../../../controlplane/contract/index.ts';
import { domains, routeSets } from '../../api/resources.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { Columns, Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { numbered, useKeyedEntity } from '../../components/stored-form.ts';
import { plural } from '../../lib/figures.ts';
import { FailoverMatrix } from './FailoverMatrix.tsx';
import { routeSetBody, routeSetValues } from './route-set-form.ts';
import { RulesEditor } from './RulesEditor.tsx';

export const routeSetDrawerWidth = 820;

export function RouteSetDrawer({ set }: { readonly set: RouteSet | null }) {
  const { tenant } = useSearch({ strict: false });
  const anyDomain = useQuery({ ...domains.choices('', {}, 1), enabled: set !== null });
  const entity = useKeyedEntity({
    stored: set,
    store: numbered(routeSets),
    key: 'number',
    initial: routeSetValues(set, tenant),
    body: routeSetBody,
    refreshes: ['route-sets', 'tenants'],
    // New rules have got their ids.
    refill: (written) => routeSetValues(written, tenant),
  });
  const { form } = entity;
  return (
    <FormDrawer
      entity={entity}
      noun="route set"
      about="Rules from number to dispatcher set."
      size={routeSetDrawerWidth}
      stored={
        set && {
          name: `route set ${set.number}`,
          title: set.name === '' ? `Route set ${set.number}` : set.name,
          about: `Route set ${set.number}`,
          removing: `Its ${plural(set.rules.length, 'rule goes', 'rules go')} with it. The control plane refuses as long as a domain or trunk still points here and names them.`,
        }
      }
    >
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
              { value: 'prefer', label: 'Prefer the same' },
              { value: 'match', label: 'Only the same' },
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
    </FormDrawer>
  );
}

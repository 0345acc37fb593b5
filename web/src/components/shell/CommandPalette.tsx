import '@mantine/spotlight/styles.layer.css';
import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { IconArrowsSplit2, IconBuilding, IconKey, IconPlus, IconRoute2, IconSearch, IconServer2, IconWorld } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { nodesQuery } from '../../api/live-queries.ts';
import { dispatcherSets, domains, routeSets, tenants } from '../../api/resources.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import { navigation, type PagePath } from '../../lib/navigation.ts';

const [store, palette] = createSpotlight();

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly about?: string;
  readonly icon: ReactNode;
  readonly to: PagePath;
  readonly search?: { readonly open?: string; readonly create?: string };
}

const iconOf = (Icon: typeof IconSearch) => <Icon size={17} stroke={1.6} aria-hidden />;

const pages: readonly Entry[] = navigation.flatMap((group) =>
  group.pages.map((page) => ({ id: page.to, label: page.label, about: group.group, icon: iconOf(page.icon), to: page.to })),
);
const acts: readonly Entry[] = [
  { id: 'new-tenant', label: 'New tenant', icon: iconOf(IconPlus), to: '/tenants', search: { create: '1' } },
  { id: 'new-set', label: 'New dispatcher set', icon: iconOf(IconPlus), to: '/dispatcher', search: { create: '1' } },
  { id: 'new-route-set', label: 'New route set', icon: iconOf(IconPlus), to: '/route-sets', search: { create: '1' } },
  { id: 'new-domain', label: 'New domain', icon: iconOf(IconPlus), to: '/domains', search: { create: '1' } },
  { id: 'new-number', label: 'New number', icon: iconOf(IconPlus), to: '/numbers', search: { create: '1' } },
  { id: 'new-certificate', label: 'Add certificate', icon: iconOf(IconPlus), to: '/certificates', search: { create: '1' } },
  { id: 'new-token', label: 'New API token', icon: iconOf(IconPlus), to: '/access', search: { create: 'token' } },
  { id: 'password', label: 'Change my password', icon: iconOf(IconKey), to: '/access', search: { create: 'password' } },
];

/** What the API finds for a few letters: tenants, domains, route sets, dispatcher sets with their destinations, nodes. */
function useFound(q: string): readonly Entry[] {
  const enabled = q !== '';
  const tenantPage = useQuery({ ...tenants.choices(q, {}, 5), enabled });
  const domainPage = useQuery({ ...domains.choices(q, {}, 5), enabled });
  const routeSetPage = useQuery({ ...routeSets.choices(q, {}, 5), enabled });
  const setPage = useQuery({ ...dispatcherSets.choices(q, {}, 5), enabled });
  const { data: nodes = [] } = useQuery({ ...nodesQuery, enabled });
  if (!enabled) return [];
  return [
    ...(tenantPage.data?.items ?? []).map((each) => ({ id: `t-${each.key}`, label: each.name === '' ? each.key : each.name, about: `Tenant ${each.key}`, icon: iconOf(IconBuilding), to: '/tenants' as const, search: { open: each.key } })),
    ...(domainPage.data?.items ?? []).map((each) => ({ id: `d-${each.name}`, label: each.name, about: `Domain of ${each.tenant}`, icon: iconOf(IconWorld), to: '/domains' as const, search: { open: each.name } })),
    ...(routeSetPage.data?.items ?? []).map((each) => ({ id: `r-${each.number}`, label: each.name === '' ? `Route set ${each.number}` : each.name, about: `Route set ${each.number}`, icon: iconOf(IconRoute2), to: '/route-sets' as const, search: { open: String(each.number) } })),
    ...(setPage.data?.items ?? []).map((each) => ({ id: `s-${each.id}`, label: each.name === '' ? `Dispatcher set ${each.id}` : each.name, about: `Dispatcher set ${each.id}`, icon: iconOf(IconArrowsSplit2), to: '/dispatcher' as const, search: { open: String(each.id) } })),
    ...nodes.filter((node) => node.name.includes(q)).slice(0, 5).map((node) => ({ id: `n-${node.id}`, label: node.name, about: 'Node', icon: iconOf(IconServer2), to: '/nodes' as const, search: { open: node.id } })),
  ];
}

interface Props {
  /** Grows with every wish to open it. */
  readonly asked: number;
  readonly query: string;
  readonly onQuery: (query: string) => void;
}

/** Ctrl-K: jumps to any page, tenant, domain, set or node. */
export function CommandPalette({ asked, query, onQuery }: Props) {
  const [settled] = useDebouncedValue(query.trim(), 120);
  const navigate = useNavigate();
  const found = useFound(settled);
  useEffect(() => palette.open(), [asked]);

  const wanted = query.trim().toLowerCase();
  const matching = (entries: readonly Entry[]) => entries.filter((entry) => entry.label.toLowerCase().includes(wanted));
  const groups: readonly [string, readonly Entry[]][] = [['Found', found], ['Pages', matching(pages)], ['Do', matching(acts)]];
  const nothing = groups.every(([, entries]) => entries.length === 0);

  return (
    <Spotlight.Root store={store} query={query} onQueryChange={onQuery} clearQueryOnClose shortcut={null} scrollable maxHeight={420} radius="md" size={560}>
      <Modal.Title className="visually-hidden">Search and jump</Modal.Title>
      <Spotlight.Search placeholder="Tenant, domain, set, node or page" leftSection={<IconSearch size={17} stroke={1.6} />} aria-label="Search and jump" data-palette-search="" />
      <Spotlight.ActionsList>
        {groups.map(([name, entries]) =>
          entries.length === 0 ? null : (
            <Spotlight.ActionsGroup key={name} label={name}>
              {entries.map((entry) => (
                <Spotlight.Action
                  key={entry.id}
                  label={entry.label}
                  {...(entry.about === undefined ? {} : { description: entry.about })}
                  leftSection={entry.icon}
                  onClick={() => fireAndReport(navigate({ to: entry.to, search: entry.search ?? {} }))}
                />
              ))}
            </Spotlight.ActionsGroup>
          ),
        )}
        {nothing ? <Spotlight.Empty>Nothing has that name.</Spotlight.Empty> : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

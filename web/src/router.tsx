import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { sessionQuery } from './api/session.ts';
import { PageFailed, PageNotFound } from './components/PageFailed.tsx';
import { parseSearch, stringifySearch, validateSearch } from './lib/search.ts';

interface Context {
  readonly client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  validateSearch,
  errorComponent: PageFailed,
  notFoundComponent: PageNotFound,
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/session/SetupPage.tsx'), 'SetupPage'),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./pages/session/SignInPage.tsx'), 'SignInPage'),
});

/** Everything behind the sign-in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: lazyRouteComponent(() => import('./components/shell/Shell.tsx'), 'Shell'),
  beforeLoad: async ({ context, location }) => {
    const user = await context.client.ensureQueryData(sessionQuery);
    if (user === null) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } });
  },
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview/OverviewPage.tsx'), 'OverviewPage'),
});
const tenants = createRoute({
  getParentRoute: () => shell,
  path: '/tenants',
  component: lazyRouteComponent(() => import('./pages/tenants/TenantsPage.tsx'), 'TenantsPage'),
});
const domains = createRoute({
  getParentRoute: () => shell,
  path: '/domains',
  component: lazyRouteComponent(() => import('./pages/domains/DomainsPage.tsx'), 'DomainsPage'),
});
const routeSets = createRoute({
  getParentRoute: () => shell,
  path: '/route-sets',
  component: lazyRouteComponent(() => import('./pages/route-sets/RouteSetsPage.tsx'), 'RouteSetsPage'),
});
const dispatcher = createRoute({
  getParentRoute: () => shell,
  path: '/dispatcher',
  component: lazyRouteComponent(() => import('./pages/dispatcher/DispatcherPage.tsx'), 'DispatcherPage'),
});
const trunks = createRoute({
  getParentRoute: () => shell,
  path: '/trunks',
  component: lazyRouteComponent(() => import('./pages/trunks/TrunksPage.tsx'), 'TrunksPage'),
});
const explain = createRoute({
  getParentRoute: () => shell,
  path: '/explain',
  component: lazyRouteComponent(() => import('./pages/explain/ExplainPage.tsx'), 'ExplainPage'),
});
const changes = createRoute({
  getParentRoute: () => shell,
  path: '/changes',
  component: lazyRouteComponent(() => import('./pages/changes/ChangesPage.tsx'), 'ChangesPage'),
});
const nodes = createRoute({
  getParentRoute: () => shell,
  path: '/nodes',
  component: lazyRouteComponent(() => import('./pages/nodes/NodesPage.tsx'), 'NodesPage'),
});
const importing = createRoute({
  getParentRoute: () => shell,
  path: '/import',
  component: lazyRouteComponent(() => import('./pages/import/ImportPage.tsx'), 'ImportPage'),
});
const calls = createRoute({
  getParentRoute: () => shell,
  path: '/calls',
  component: lazyRouteComponent(() => import('./pages/calls/CallsPage.tsx'), 'CallsPage'),
});
const registrations = createRoute({
  getParentRoute: () => shell,
  path: '/registrations',
  component: lazyRouteComponent(() => import('./pages/registrations/RegistrationsPage.tsx'), 'RegistrationsPage'),
});
const numbers = createRoute({
  getParentRoute: () => shell,
  path: '/numbers',
  component: lazyRouteComponent(() => import('./pages/numbers/NumbersPage.tsx'), 'NumbersPage'),
});
const aliases = createRoute({
  getParentRoute: () => shell,
  path: '/aliases',
  component: lazyRouteComponent(() => import('./pages/aliases/AliasesPage.tsx'), 'AliasesPage'),
});
const certificates = createRoute({
  getParentRoute: () => shell,
  path: '/certificates',
  component: lazyRouteComponent(() => import('./pages/certificates/CertificatesPage.tsx'), 'CertificatesPage'),
});
const access = createRoute({
  getParentRoute: () => shell,
  path: '/access',
  component: lazyRouteComponent(() => import('./pages/access/AccessPage.tsx'), 'AccessPage'),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/SettingsPage.tsx'), 'SettingsPage'),
});
const rateTables = createRoute({
  getParentRoute: () => shell,
  path: '/rate-tables',
  component: lazyRouteComponent(() => import('./pages/rate-tables/RateTablesPage.tsx'), 'RateTablesPage'),
});

const tree = root.addChildren([
  setup,
  signIn,
  shell.addChildren([
    overview, calls, registrations, tenants, domains, numbers, aliases, routeSets, dispatcher, rateTables, trunks, explain, changes, nodes, certificates, access, settings, importing,
  ]),
]);

/** The console's routes. Pages load when they are first opened. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: PageFailed,
    defaultNotFoundComponent: PageNotFound,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}

import {
  IconArrowsSplit2, IconBuilding, IconGitCommit, IconHelpHexagon, IconLayoutDashboard, IconPlugConnected, IconRoute2, IconServer2, IconUpload, IconWorld,
} from '@tabler/icons-react';

/** The pages of the rail, in the design's groups; a page is here only when its API is there. */
export const navigation = [
  { group: 'Now', pages: [{ to: '/', label: 'Overview', icon: IconLayoutDashboard }] },
  {
    group: 'Routing',
    pages: [
      { to: '/tenants', label: 'Tenants', icon: IconBuilding },
      { to: '/domains', label: 'Domains', icon: IconWorld },
      { to: '/route-sets', label: 'Route sets', icon: IconRoute2 },
      { to: '/dispatcher', label: 'Dispatcher', icon: IconArrowsSplit2 },
      { to: '/trunks', label: 'Trunks', icon: IconPlugConnected },
      { to: '/explain', label: 'Explain', icon: IconHelpHexagon },
    ],
  },
  { group: 'History', pages: [{ to: '/changes', label: 'Changes', icon: IconGitCommit }] },
  {
    group: 'System',
    pages: [
      { to: '/nodes', label: 'Nodes', icon: IconServer2 },
      { to: '/import', label: 'Import', icon: IconUpload },
    ],
  },
] as const;

export type PagePath = (typeof navigation)[number]['pages'][number]['to'];

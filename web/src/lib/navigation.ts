import {
  IconAdjustmentsHorizontal, IconArrowsSplit2, IconAt, IconBuilding, IconCertificate, IconDeviceLandlinePhone, IconGitCommit, IconHelpHexagon, IconKey, IconLayoutDashboard,
  IconNumbers, IconPhoneCall, IconPlugConnected, IconReceipt2, IconRoute2, IconServer2, IconUpload, IconWorld,
} from '@tabler/icons-react';

/** The pages of the rail, in the design's groups; a page is here only when its API is there. */
export const navigation = [
  {
    group: 'Now',
    pages: [
      { to: '/', label: 'Overview', icon: IconLayoutDashboard },
      { to: '/calls', label: 'Live calls', icon: IconPhoneCall },
      { to: '/registrations', label: 'Registrations', icon: IconDeviceLandlinePhone },
    ],
  },
  {
    group: 'Routing',
    pages: [
      { to: '/tenants', label: 'Tenants', icon: IconBuilding },
      { to: '/domains', label: 'Domains', icon: IconWorld },
      { to: '/numbers', label: 'Numbers', icon: IconNumbers },
      { to: '/aliases', label: 'Aliases', icon: IconAt },
      { to: '/route-sets', label: 'Route sets', icon: IconRoute2 },
      { to: '/dispatcher', label: 'Dispatcher', icon: IconArrowsSplit2 },
      { to: '/rate-tables', label: 'Rate tables', icon: IconReceipt2 },
      { to: '/trunks', label: 'Trunks', icon: IconPlugConnected },
      { to: '/explain', label: 'Explain', icon: IconHelpHexagon },
    ],
  },
  { group: 'History', pages: [{ to: '/changes', label: 'Changes', icon: IconGitCommit }] },
  {
    group: 'System',
    pages: [
      { to: '/nodes', label: 'Nodes', icon: IconServer2 },
      { to: '/certificates', label: 'Certificates', icon: IconCertificate },
      { to: '/access', label: 'Access', icon: IconKey },
      { to: '/settings', label: 'Settings', icon: IconAdjustmentsHorizontal },
      { to: '/import', label: 'Import', icon: IconUpload },
    ],
  },
] as const;

export type PagePath = (typeof navigation)[number]['pages'][number]['to'];

import { IconCertificate } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import type { Certificate } from '../../../../controlplane/contract/index.ts';
import { certificates } from '../../api/resources.ts';
import { DataTable, type Column } from '../../components/DataTable.tsx';
import { OpenedEntity } from '../../components/DrawerQuery.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Filters } from '../../components/Filters.tsx';
import { ListPanel } from '../../components/ListPanel.tsx';
import { NewButton } from '../../components/NewButton.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TimeLeft } from '../../components/TimeLeft.tsx';
import { useNow } from '../../lib/time.ts';
import { CertificateDrawer, certificateDrawerWidth } from './CertificateDrawer.tsx';
import { expiryState } from './certificate-state.ts';

function Expiry({ certificate }: { readonly certificate: Certificate }) {
  const { tone, word } = expiryState(certificate.notAfterMs, useNow());
  return <StateBadge tone={tone}>{word}</StateBadge>;
}

const nameText = (names: readonly string[]): string => names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');

const columns: readonly Column<Certificate>[] = [
  { key: 'name', header: 'Certificate', render: (row) => <span className="mono">{row.name}</span> },
  { key: 'state', header: 'State', render: (row) => <Expiry certificate={row} /> },
  { key: 'names', header: 'For', render: (row) => <span className="mono" title={row.names.join('\n')}>{nameText(row.names)}</span> },
  { key: 'issuer', header: 'Issuer', render: (row) => row.issuer, wide: true },
  { key: 'key', header: 'Key', render: (row) => row.keyType, wide: true },
  { key: 'ends', header: 'Ends', align: 'right', render: (row) => <TimeLeft atMs={row.notAfterMs} /> },
];

export function CertificatesPage() {
  const { q } = useSearch({ strict: false });
  const query = useInfiniteQuery(certificates.list({ q }));
  const create = <NewButton>Add certificate</NewButton>;
  return (
    <>
      <PageHeader title="Certificates" about="What TLS and WSS listeners show, chosen by the name that a phone asks for." actions={create} />
      <Filters placeholder="Certificate or whole host name" />
      <ListPanel
        query={query}
        filtered={q !== undefined}
        empty={
          <EmptyState icon={<IconCertificate size={22} stroke={1.6} />} title="Nodes show a certificate of their own making" action={create}>
            Phones will not trust it. Paste the chain and key that your authority gave you: they are checked first, the key is sealed, and every
            node shows the new certificate to new connections at once.
          </EmptyState>
        }
      >
        {(rows) => <DataTable label="Certificates" rows={rows} columns={columns} rowKey={(row) => row.name} opens />}
      </ListPanel>
      <OpenedEntity of={certificates} size={certificateDrawerWidth}>{(certificate) => <CertificateDrawer certificate={certificate} />}</OpenedEntity>
    </>
  );
}

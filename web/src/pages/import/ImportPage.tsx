import { Button, FileInput, Group, SegmentedControl } from '@mantine/core';
import { IconFileUpload, IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import type { ImportReport } from '../../../../controlplane/contract/index.ts';
import { importDbText, importSipRouterNotes } from '../../api/imports.ts';
import { configuredPaths } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Failure } from '../../components/Form.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { Panel } from '../../components/Panel.tsx';
import { TenantPicker } from '../../components/Pickers.tsx';
import { plural } from '../../lib/figures.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import { ReportView } from './ReportView.tsx';
import styles from './ImportPage.module.css';

const formats = {
  'kamailio-dbtext': { label: 'Kamailio db_text', about: 'The table files of the folder: domain, dispatcher, and what stands beside them.', multiple: true },
  'sip-router-notes': { label: 'SQLite file', about: 'A database with the tables sip_domains and dispatcher.', multiple: false },
} as const;
type Format = keyof typeof formats;

/** Kamailio's configuration in: a dry run that says what would change, then the real thing. */
export function ImportPage() {
  const writable = useMayWrite();
  const refresh = useRefresh();
  const [format, setFormat] = useState<Format>('kamailio-dbtext');
  const [files, setFiles] = useState<readonly File[]>([]);
  const [report, setReport] = useState<ImportReport | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const [tenant, setTenant] = useState<string | null>(null);

  const run = async (dryRun: boolean) => {
    setBusy(true);
    setFailure(null);
    if (dryRun) setReport(null);
    try {
      const [first] = files;
      if (first === undefined) return;
      const options = { dryRun, tenant };
      setReport(format === 'kamailio-dbtext' ? await importDbText(files, options) : await importSipRouterNotes(first, options));
      if (!dryRun) refresh(...configuredPaths);
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };
  const choose = (chosen: readonly File[]) => {
    setFiles(chosen);
    setReport(null);
    setFailure(null);
  };
  const { about, multiple } = formats[format];
  const changes = report === null ? 0 : report.counts.creates + report.counts.updates;
  return (
    <>
      <PageHeader title="Import" about="Bring a Kamailio installation over: first a report of what would change, then one revision." />
      <div className={styles['columns']}>
        <Panel title="Files">
          <div className={styles['form']}>
            <SegmentedControl
              aria-label="Format"
              fullWidth
              value={format}
              onChange={(value) => {
                setFormat(value as Format);
                choose([]);
              }}
              data={Object.entries(formats).map(([value, { label }]) => ({ value, label }))}
            />
            {multiple ? (
              <FileInput multiple label="Table files" description={about} placeholder="Choose files" leftSection={<IconFileUpload size={16} />} value={[...files]} onChange={choose} clearable clearButtonProps={{ 'aria-label': 'Clear the files' }} />
            ) : (
              <FileInput label="Database file" description={about} placeholder="Choose a file" leftSection={<IconFileUpload size={16} />} value={files[0] ?? null} onChange={(file) => choose(file === null ? [] : [file])} clearable clearButtonProps={{ 'aria-label': 'Clear the file' }} />
            )}
            <TenantPicker
              label="Tenant"
              description="Of all domains in the files"
              placeholder="One a group, as the files have it"
              clearable
              value={tenant}
              onChange={(key) => {
                setTenant(key);
                setReport(null);
              }}
            />
            <Group gap="xs">
              <Button variant={report === null ? 'filled' : 'default'} disabled={files.length === 0 || !writable} loading={busy && report === null} onClick={() => fireAndReport(run(true))}>
                Dry run
              </Button>
              {report?.dryRun === true && changes > 0 ? (
                <Button loading={busy} onClick={() => fireAndReport(run(false))}>
                  Apply {plural(changes, 'change')}
                </Button>
              ) : null}
            </Group>
            {writable ? null : <p className={styles['note']}>Your role may look, not import.</p>}
          </div>
        </Panel>
        <div className={styles['answer']}>
          <Failure error={failure} />
          {report === null ? (
            <Panel flush>
              <EmptyState icon={<IconUpload size={22} stroke={1.6} />} title="Nothing is stored by a dry run">
                Choose the files and run it dry. The report lists what would be created or changed, what looks suspicious, and what has no place
                here. Existing tenants and sets that the files do not name stay as they are.
              </EmptyState>
            </Panel>
          ) : (
            <ReportView report={report} />
          )}
        </div>
      </div>
    </>
  );
}

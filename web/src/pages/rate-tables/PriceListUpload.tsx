import { Button, FileInput, Group } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useState } from 'react';
import type { RateTableWritten } from '../../../../controlplane/contract/index.ts';
import { checkRates, replaceRates } from '../../api/rate-tables.ts';
import { useRefresh } from '../../api/use-write.ts';
import { Facts } from '../../components/Facts.tsx';
import { Failure } from '../../components/Form.tsx';
import { count, plural } from '../../lib/figures.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';

interface Props {
  /** Number of the table; '' = not chosen yet. */
  readonly table: string;
  readonly onStored: () => void;
}

/** A CSV file in: a dry run that counts what would change, then the real thing. */
export function PriceListUpload({ table, onStored }: Props) {
  const refresh = useRefresh();
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<RateTableWritten | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (chosen: File, dryRun: boolean) => {
    setBusy(true);
    setFailure(null);
    try {
      if (dryRun) setReport(await checkRates(table, chosen));
      else {
        await replaceRates(table, chosen);
        setReport(null);
        setFile(null);
        refresh('rate-tables');
        onStored();
      }
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };
  const choose = (chosen: File | null) => {
    setFile(chosen);
    setReport(null);
    setFailure(null);
  };
  // A report is about one table: with another number it says nothing.
  const shown = report !== null && String(report.number) === table ? report : null;
  const changes = shown === null ? 0 : shown.counts.creates + shown.counts.updates + shown.counts.removes;
  return (
    <>
      <Failure error={failure} />
      <FileInput label="Price list" description="CSV: prefix,set,price; with a first line that names them, columns may stand anywhere" placeholder="Choose a file" accept=".csv,.txt,text/csv,text/plain" leftSection={<IconFileUpload size={16} />} value={file} onChange={choose} clearable clearButtonProps={{ 'aria-label': 'Clear the file' }} />
      {shown === null ? null : (
        <Facts
          facts={[
            ['New rates', count(shown.counts.creates)],
            ['New prices', count(shown.counts.updates)],
            ['Rates taken away', count(shown.counts.removes)],
            ['Unchanged', count(shown.counts.unchanged)],
          ]}
        />
      )}
      <Group gap="xs">
        <Button variant={shown === null ? 'filled' : 'default'} disabled={file === null || table === ''} loading={busy && shown === null} onClick={() => (file === null ? undefined : fireAndReport(run(file, true)))}>
          Dry run
        </Button>
        {shown === null || file === null ? null : (
          <Button loading={busy} disabled={changes === 0} onClick={() => fireAndReport(run(file, false))}>
            {changes === 0 ? 'Nothing would change' : `Apply ${plural(changes, 'change')}`}
          </Button>
        )}
      </Group>
    </>
  );
}

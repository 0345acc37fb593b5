import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { overviewQuery } from '../../api/live-queries.ts';
import { Failure } from '../../components/Form.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { TimeChart } from '../../components/TimeChart.tsx';
import { count, rate } from '../../lib/figures.ts';
import { useFilter } from '../../lib/use-filter.ts';
import { Alarms } from './Alarms.tsx';
import { GettingStarted } from './GettingStarted.tsx';
import { RecentChanges } from './RecentChanges.tsx';
import { RecentEvents } from './RecentEvents.tsx';
import { Tiles } from './Tiles.tsx';
import styles from './OverviewPage.module.css';

export function OverviewPage() {
  const { span = '1h' } = useSearch({ strict: false });
  const filter = useFilter();
  const { data, error } = useQuery({ ...overviewQuery(span), placeholderData: keepPreviousData });
  return (
    <>
      <PageHeader
        title="Overview"
        about="The edge at a glance: what runs, what is up, what changed."
        actions={
          <SegmentedControl
            size="xs"
            aria-label="Time shown"
            value={span}
            onChange={(value) => filter({ span: value === '10m' ? '10m' : undefined })}
            data={[
              { value: '10m', label: '10 minutes' },
              { value: '1h', label: 'Last hour' },
            ]}
          />
        }
      />
      <Failure error={data === undefined ? error : null} />
      <div className={styles['stack']}>
        {data === undefined ? null : (
          <>
            <Alarms alarms={data.alarms} />
            <GettingStarted />
            <Tiles overview={data} />
            <div className={styles['two']}>
              <TimeChart title="Calls a second" points={data.series.callsPerSecond} stepMs={data.series.stepMs} endMs={data.newestPointMs} format={rate} />
              <TimeChart title="Calls in progress" points={data.series.calls} stepMs={data.series.stepMs} endMs={data.newestPointMs} format={count} />
            </div>
            <div className={styles['two']}>
              <RecentChanges changes={data.changes} />
              <RecentEvents events={data.events} />
            </div>
          </>
        )}
      </div>
    </>
  );
}

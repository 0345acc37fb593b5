import { Button, Skeleton } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useEffect, useRef, type ReactNode } from 'react';
import type { Page } from '../api/resource.ts';
import { count } from '../lib/figures.ts';
import { fireAndReport } from '../lib/fire-and-report.ts';
import { Failure } from './Form.tsx';
import { Panel } from './Panel.tsx';
import styles from './ListPanel.module.css';

interface Props<Row> {
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<Row>>>;
  /** Shown when the list has nothing and no filter hides anything. */
  readonly empty: ReactNode;
  readonly filtered: boolean;
  /** Where a page has more than one list. */
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: (rows: readonly Row[]) => ReactNode;
}

/** A server-side list: first page, more pages as they scroll into view, and what to say when there is nothing. */
export function ListPanel<Row>({ query, empty, filtered, title, aside, children }: Props<Row>) {
  const head = title === undefined ? {} : { title, aside };
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (end.current === null || !hasNextPage || isFetchingNextPage) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) fireAndReport(fetchNextPage());
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (query.isError && query.data === undefined) return <Failure error={query.error} />;
  if (query.data === undefined) {
    return (
      <Panel {...head} flush>
        <div className={styles['waiting']} aria-label="Loading" role="status">
          {[0.5, 0.7, 0.4, 0.6, 0.55].map((width) => (
            <Skeleton key={width} height={12} width={`${width * 100}%`} />
          ))}
        </div>
      </Panel>
    );
  }
  const rows = query.data.pages.flatMap((page) => page.items);
  if (rows.length === 0 && !hasNextPage) {
    return <Panel {...head} flush>{filtered ? <p className={styles['nothing']}>Nothing matches these filters.</p> : empty}</Panel>;
  }
  return (
    <Panel {...head} flush>
      <div className={styles['scroll']}>{children(rows)}</div>
      <div ref={end} className={styles['end']}>
        <span className="num">
          {hasNextPage ? `first ${count(rows.length)}` : `${count(rows.length)} in all`}
        </span>
        {hasNextPage ? (
          <Button variant="subtle" size="compact-xs" loading={isFetchingNextPage} onClick={() => fireAndReport(fetchNextPage())}>
            Show more
          </Button>
        ) : null}
      </div>
    </Panel>
  );
}

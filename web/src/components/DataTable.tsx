import { Link, useSearch } from '@tanstack/react-router';
import type { KeyboardEvent, ReactNode } from 'react';
import styles from './DataTable.module.css';

export interface Column<Row> {
  readonly key: string;
  readonly header: string;
  readonly render: (row: Row) => ReactNode;
  readonly align?: 'right';
  readonly width?: string;
  /** The header is heard, not seen: the cells speak for themselves. */
  readonly quiet?: boolean;
  /** Left out on narrow screens. */
  readonly wide?: boolean;
  /** Long sentences go on to a second line instead of being cut. */
  readonly wraps?: boolean;
}

interface Props<Row> {
  /** What the table lists, for screen readers. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Rows are links to the drawer of their key. */
  readonly opens?: boolean;
  readonly faded?: (row: Row) => boolean;
}

/** Arrow keys walk along the rows' links. */
function walk(event: KeyboardEvent<HTMLTableElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row-link]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  links[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
}

/** A dense table: 36 px rows, figures on the right, the whole row opens the drawer. */
export function DataTable<Row>({ label, rows, columns, rowKey, opens = false, faded }: Props<Row>) {
  const search = useSearch({ strict: false });
  return (
    // The keyboard handler only adds arrow keys to links that are reachable by Tab anyway.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <table className={styles['table']} aria-label={label} onKeyDown={walk}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.key} scope="col" data-align={column.align} data-wide={column.wide || undefined} style={{ width: column.width }}>
              {column.quiet === true ? <span className="visually-hidden">{column.header}</span> : column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const key = rowKey(row);
          return (
            <tr key={key} data-open={(opens && key === search.open) || undefined} data-faded={faded?.(row) || undefined}>
              {columns.map((column, index) => (
                <td key={column.key} data-align={column.align} data-wide={column.wide || undefined} data-wraps={column.wraps || undefined}>
                  {index === 0 && opens ? (
                    <Link to="." search={(old) => ({ ...old, open: key, create: undefined })} className={styles['link'] ?? ''} data-row-link="">
                      {column.render(row)}
                    </Link>
                  ) : (
                    column.render(row)
                  )}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

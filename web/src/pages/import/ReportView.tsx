import type { ImportChange, ImportedDestinations, ImportNote, ImportReport } from '../../../../controlplane/contract/index.ts';
import { Panel } from '../../components/Panel.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { TableLink } from '../../components/TableLink.tsx';
import { count, plural } from '../../lib/figures.ts';
import type { PagePath } from '../../lib/navigation.ts';
import styles from './ReportView.module.css';

const pages: Readonly<Record<ImportChange['entity'], PagePath>> = { tenant: '/tenants', 'dispatcher-set': '/dispatcher', 'route-set': '/route-sets', domain: '/domains', number: '/numbers' };

/** Lines drawn of a long list; the counts are complete anyway. */
const drawn = 200;

function Destinations({ changes: { added, changed, removed, items } }: { readonly changes: ImportedDestinations }) {
  const more = added + changed + removed - items.length;
  return (
    <>
      : {[[added, 'added'], [changed, 'changed'], [removed, 'removed']].filter(([number]) => number !== 0).map(([number, word]) => `${count(Number(number))} ${word}`).join(', ')}
      <ul className={styles['parts']}>
        {items.map(({ change, uri, fields }, index) => (
          <li key={`${index} ${uri}`}>
            <span className={styles['change']}>{change}</span>
            <span className="mono">{uri}</span>
            {fields.length === 0 ? null : <span>{fields.join(', ')}</span>}
          </li>
        ))}
        {more > 0 ? <li>and {count(more)} more</li> : null}
      </ul>
    </>
  );
}

function Changes({ title, changes, total, stored }: { readonly title: string; readonly changes: readonly ImportChange[]; readonly total: number; readonly stored: boolean }) {
  if (total === 0) return null;
  return (
    <Panel title={title} aside={<span className="num">{count(total)}</span>} flush>
      <ul className={styles['list']}>
        {changes.slice(0, drawn).map((change) => (
          <li key={`${change.entity} ${change.key}`}>
            <span className={styles['entity']}>{change.entity}</span>
            <span className="mono">{stored ? <TableLink to={pages[change.entity]} search={{ open: change.key }}>{change.key}</TableLink> : change.key}</span>
            <div className={styles['fields']}>
              {change.fields.join('; ')}
              {change.destinations ? <Destinations changes={change.destinations} /> : null}
            </div>
          </li>
        ))}
        {total > drawn ? <li className={styles['more']}>and {count(total - Math.min(drawn, changes.length))} more</li> : null}
      </ul>
    </Panel>
  );
}

function Notes({ title, tone, notes }: { readonly title: string; readonly tone: 'probing' | 'down'; readonly notes: readonly ImportNote[] }) {
  if (notes.length === 0) return null;
  return (
    <Panel title={title} aside={<StateBadge tone={tone}>{plural(notes.length, 'note')}</StateBadge>} flush>
      <ul className={styles['list']}>
        {notes.slice(0, drawn).map((note) => (
          <li key={`${note.code} ${note.where} ${note.message}`}>
            <span className={styles['where']}>{note.where}</span>
            <span className={styles['message']}>{note.message}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What an import would change or has changed, what is suspicious, and what has no place here. */
export function ReportView({ report }: { readonly report: ImportReport }) {
  const { counts } = report;
  const stored = !report.dryRun;
  return (
    <>
      <section className={styles['summary']} aria-label="Summary">
        <h2>{report.dryRun ? 'Dry run: nothing is stored yet' : report.rev === null ? 'Everything was there already' : `Imported as revision ${report.rev}`}</h2>
        <p className="num">
          {count(counts.creates)} new, {count(counts.updates)} changed, {count(counts.unchanged)} as they are
        </p>
      </section>
      <Notes title="Cannot be kept" tone="down" notes={report.cannotKeep} />
      <Notes title="Worth a look" tone="probing" notes={report.warnings} />
      {report.suggestions.length === 0 ? null : (
        <Panel title="The old system’s behaviour, for you to decide" flush>
          <ul className={styles['list']}>
            {report.suggestions.map((suggestion) => (
              <li key={suggestion.code}>
                <span className={styles['message']}>
                  {suggestion.message} <code>{JSON.stringify(suggestion.setting)}</code>
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Changes title={stored ? 'Created' : 'Would be created'} changes={report.creates} total={counts.creates} stored={stored} />
      <Changes title={stored ? 'Changed' : 'Would change'} changes={report.updates} total={counts.updates} stored={stored} />
    </>
  );
}

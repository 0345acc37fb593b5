import type { RowChange } from '../../../../controlplane/contract/index.ts';
import { fieldDiff } from './field-diff.ts';
import styles from './RowDiff.module.css';

/** One row's change as old and new fields, with a sign and a word, not by colour alone. */
export function RowDiff({ change }: { readonly change: RowChange }) {
  const kind = change.before === null ? 'added' : change.after === null ? 'removed' : 'changed';
  return (
    <section className={styles['root']} aria-label={`${change.table} ${change.key}, ${kind}`}>
      <h4>
        {change.table} <code>{change.key}</code> <span>{kind}</span>
      </h4>
      <table>
        <tbody>
          {fieldDiff(change.before, change.after).map((field) => (
            <tr key={field.path}>
              <th scope="row">{field.path}</th>
              <td>
                {field.before === null ? null : (
                  <del>
                    <span aria-hidden>− </span>
                    {field.before}
                  </del>
                )}
                {field.after === null ? null : (
                  <ins>
                    <span aria-hidden>+ </span>
                    {field.after}
                  </ins>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

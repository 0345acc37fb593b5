/** Words of every importer: what is wrong with a file, what is suspicious, what would change. */
import type { ImportNote, ImportReport } from '../contract/import.ts';

export type { ImportChange, ImportNote, ImportReport } from '../contract/import.ts';
export type ImportSuggestion = ImportReport['suggestions'][number];

/** A file that cannot be imported at all; nothing is changed. Lines and columns count from 1. */
export interface ImportFault {
  readonly code: string;
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  /** One sentence with what was found and what is accepted. */
  readonly message: string;
}

/** Longest list in a report. */
export const listed = 1_000;

/** Collects notes without ever growing past `listed`; the last one says how many were left out. */
export class Notes {
  private readonly kept: ImportNote[] = [];
  private dropped = 0;

  add(code: string, where: string, message: string): void {
    if (this.kept.length < listed) this.kept.push({ code, where, message });
    else this.dropped += 1;
  }

  list(): readonly ImportNote[] {
    if (this.dropped === 0) return this.kept;
    return [...this.kept, { code: 'more', where: '', message: `${this.dropped} more of the same kind are not listed.` }];
  }
}

/** Words of every importer: what is wrong with a file, what is suspicious, what would change. */

/** A file that cannot be imported at all; nothing is changed. Lines and columns count from 1. */
export interface ImportFault {
  readonly code: string;
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  /** One sentence with what was found and what is accepted. */
  readonly message: string;
}

export interface ImportNote {
  readonly code: string;
  /** `domain:3:14`, `dispatcher:2` or the entity that it is about. */
  readonly where: string;
  readonly message: string;
}

/** A change of behaviour that the file's system has and that is a matter of the operator's decision here. */
export interface ImportSuggestion {
  readonly code: string;
  readonly message: string;
  /** A JSON merge patch for `settings/global`. */
  readonly setting: Readonly<Record<string, unknown>>;
}

export type ImportEntity = 'tenant' | 'dispatcher-set' | 'route-set' | 'domain';

export interface ImportChange {
  readonly entity: ImportEntity;
  readonly key: string;
  /** What changes, in words; empty for creates. */
  readonly fields: readonly string[];
}

export interface ImportReport {
  readonly dryRun: boolean;
  /** The revision that the import became; null for a dry run or when nothing changed. */
  readonly rev: number | null;
  readonly counts: { readonly creates: number; readonly updates: number; readonly unchanged: number };
  /** Each list is cut at `listed` entries; `counts` are complete. */
  readonly creates: readonly ImportChange[];
  readonly updates: readonly ImportChange[];
  readonly unchanged: readonly ImportChange[];
  readonly warnings: readonly ImportNote[];
  readonly cannotKeep: readonly ImportNote[];
  readonly suggestions: readonly ImportSuggestion[];
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

import type { DbTextBody, ImportReport } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Puts all domains into this tenant; null = one tenant a group of domains, as the files have them. */
  readonly tenant: string | null;
}

const queryOf = ({ dryRun, tenant }: ImportOptions) => ({ dryRun: dryRun ? '1' : undefined, tenant: tenant ?? undefined });

/** Imports the table files of a Kamailio db_text folder; with `dryRun` it only says what would happen. */
export async function importDbText(files: readonly File[], options: ImportOptions): Promise<ImportReport> {
  const texts = await Promise.all(files.map(async (file) => [file.name, await file.text()] as const));
  const body: DbTextBody = { files: Object.fromEntries(texts) };
  return send<ImportReport>('POST', 'import/kamailio-dbtext', { body, query: queryOf(options) });
}

/** Imports a SQLite database with the tables `sip_domains` and `dispatcher`. */
export const importSipRouterNotes = (file: File, options: ImportOptions): Promise<ImportReport> =>
  send<ImportReport>('POST', 'import/sip-router-notes', { bytes: file, query: queryOf(options) });

import type { DbTextBody, ImportReport } from '../../../controlplane/contract/index.ts';
import { send } from './http.ts';

const dryRunQuery = (dryRun: boolean) => ({ dryRun: dryRun ? '1' : undefined });

/** Imports the table files of a Kamailio db_text folder; with `dryRun` only says what would happen. */
export async function importDbText(files: readonly File[], dryRun: boolean): Promise<ImportReport> {
  const texts = await Promise.all(files.map(async (file) => [file.name, await file.text()] as const));
  const body: DbTextBody = { files: Object.fromEntries(texts) };
  return send<ImportReport>('POST', 'import/kamailio-dbtext', { body, query: dryRunQuery(dryRun) });
}

/** Imports a SQLite database with the tables `sip_domains` and `dispatcher`. */
export const importSipRouterNotes = (file: File, dryRun: boolean): Promise<ImportReport> =>
  send<ImportReport>('POST', 'import/sip-router-notes', { bytes: file, query: dryRunQuery(dryRun) });

/** An import from uploaded files to a report: parse, plan, write (or try to) in one revision. A bad file changes nothing. */
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { BodyCheck } from '../config/edit.ts';
import type { ConfigFault } from '../config/fault.ts';
import type { ConfigWriter, WriteContext } from '../config/writer.ts';
import { applyPlan } from './apply.ts';
import { changesOf } from './changes.ts';
import { planKamailio } from './kamailio-plan.ts';
import type { ImportOptions, ImportPlan } from './plan.ts';
import { Notes } from './report.ts';
import type { ImportFault, ImportReport } from './report.ts';
import { readNotesDatabase } from './router-notes-database.ts';
import { planNotes } from './router-notes-plan.ts';

export type ImportError = { readonly kind: 'file'; readonly fault: ImportFault } | { readonly kind: 'config'; readonly fault: ConfigFault };
export type ImportOutcome = Result<ImportReport, ImportError>;

export interface ImporterDeps {
  readonly writer: ConfigWriter;
  readonly check: BodyCheck;
}

export class Importer {
  private readonly deps: ImporterDeps;

  constructor(deps: ImporterDeps) {
    this.deps = deps;
  }

  /** Kamailio's db_text folder: file name → text. */
  kamailio(files: Readonly<Record<string, string>>, options: ImportOptions, context: WriteContext): Promise<ImportOutcome> {
    const warnings = new Notes();
    const cannotKeep = new Notes();
    return this.run('kamailio-dbtext', planKamailio(files, options, warnings, cannotKeep), context, warnings, cannotKeep);
  }

  /** SIP Router Notes' SQLite file. */
  routerNotes(bytes: Uint8Array, options: ImportOptions, context: WriteContext): Promise<ImportOutcome> {
    const warnings = new Notes();
    const cannotKeep = new Notes();
    const tables = readNotesDatabase(bytes, warnings);
    const plan = tables.ok ? ok(planNotes(tables.value, options, warnings, cannotKeep)) : tables;
    return this.run('sip-router-notes', plan, context, warnings, cannotKeep);
  }

  private async run(format: string, plan: Result<ImportPlan, ImportFault>, context: WriteContext, warnings: Notes, cannotKeep: Notes): Promise<ImportOutcome> {
    if (!plan.ok) return err({ kind: 'file', fault: plan.error });
    const written = await this.deps.writer.write(context, async (draft) => {
      const applied = await applyPlan(draft, plan.value, this.deps.check);
      return applied.ok ? ok(() => changesOf(draft, plan.value)) : applied;
    });
    if (!written.ok) return err({ kind: 'config', fault: written.error });
    const { value, rev, changed } = written.value;
    return ok({
      format, dryRun: context.dryRun, rev: changed && !context.dryRun ? rev : null, ...value,
      warnings: [...warnings.list()], cannotKeep: [...cannotKeep.list()], suggestions: plan.value.suggestions.map((suggestion) => ({ ...suggestion })),
    });
  }
}

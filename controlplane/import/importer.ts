/** An import from uploaded files to a report: parse, plan, write (or try to) in one revision. A bad file changes nothing. */
import type { Result } from '../../dataplane/contract/result.ts';
import { err, ok } from '../../dataplane/contract/result.ts';
import type { BodyCheck } from '../config/edit.ts';
import type { Plan } from '../config/writer.ts';
import type { ConfigFault } from '../config/fault.ts';
import type { ConfigService, WriteRequest } from '../services/config-service.ts';
import { applyPlan } from './apply.ts';
import { changesOf } from './changes.ts';
import type { ImportChanges } from './changes.ts';
import { applyNumbers, readNumbers } from './numbers-csv.ts';
import type { NumberDefaults } from './numbers-csv.ts';
import { planKamailio } from './kamailio-plan.ts';
import type { ImportOptions, ImportPlan } from './plan.ts';
import { Notes } from './report.ts';
import type { ImportFault, ImportNote, ImportReport, ImportSuggestion } from './report.ts';
import { readNotesDatabase } from './router-notes-database.ts';
import { planNotes } from './router-notes-plan.ts';

export type ImportError = { readonly kind: 'file'; readonly fault: ImportFault } | { readonly kind: 'config'; readonly fault: ConfigFault };
export type ImportOutcome = Result<ImportReport, ImportError>;

export interface ImporterDeps {
  readonly config: Pick<ConfigService, 'write'>;
  readonly check: BodyCheck;
}

interface Remarks {
  readonly warnings: readonly ImportNote[];
  readonly cannotKeep: readonly ImportNote[];
  readonly suggestions: readonly ImportSuggestion[];
}

export class Importer {
  private readonly deps: ImporterDeps;

  constructor(deps: ImporterDeps) {
    this.deps = deps;
  }

  /** Kamailio's db_text folder: file name → text. */
  kamailio(files: Readonly<Record<string, string>>, options: ImportOptions, context: WriteRequest): Promise<ImportOutcome> {
    const warnings = new Notes();
    const cannotKeep = new Notes();
    return this.run('kamailio-dbtext', planKamailio(files, options, warnings, cannotKeep), context, warnings, cannotKeep);
  }

  /** SIP Router Notes' SQLite file. */
  routerNotes(bytes: Uint8Array, options: ImportOptions, context: WriteRequest): Promise<ImportOutcome> {
    const warnings = new Notes();
    const cannotKeep = new Notes();
    const tables = readNotesDatabase(bytes, warnings);
    const plan = tables.ok ? ok(planNotes(tables.value, options, warnings, cannotKeep)) : tables;
    return this.run('sip-router-notes', plan, context, warnings, cannotKeep);
  }

  /** Called numbers as CSV, read while it arrives. */
  async numbers(body: AsyncIterable<Buffer>, defaults: NumberDefaults, context: WriteRequest): Promise<ImportOutcome> {
    const planned = await readNumbers(body, defaults);
    if (!planned.ok) return err({ kind: 'config', fault: { code: 'invalid', errors: planned.error } });
    return this.write('numbers-csv', (draft) => applyNumbers(draft, planned.value, this.deps.check), context, { warnings: [], cannotKeep: [], suggestions: [] });
  }

  private async run(format: string, plan: Result<ImportPlan, ImportFault>, context: WriteRequest, warnings: Notes, cannotKeep: Notes): Promise<ImportOutcome> {
    if (!plan.ok) return err({ kind: 'file', fault: plan.error });
    return this.write(format, async (draft) => {
      const applied = await applyPlan(draft, plan.value, this.deps.check);
      return applied.ok ? ok(() => changesOf(draft, plan.value)) : applied;
    }, context, { warnings: warnings.list(), cannotKeep: cannotKeep.list(), suggestions: plan.value.suggestions });
  }

  private async write(format: string, plan: Plan<ImportChanges>, context: WriteRequest, remarks: Remarks): Promise<ImportOutcome> {
    const written = await this.deps.config.write(context, plan);
    if (!written.ok) return err({ kind: 'config', fault: written.error });
    const { value, answer, changed } = written.value;
    const { rev, applied, missing } = answer;
    return ok({
      format, dryRun: context.dryRun, rev: changed && !context.dryRun ? rev : null, ...value,
      ...(applied === undefined ? {} : { applied }), ...(missing === undefined ? {} : { missing }),
      warnings: [...remarks.warnings], cannotKeep: [...remarks.cannotKeep], suggestions: remarks.suggestions.map((suggestion) => ({ ...suggestion })),
    });
  }
}

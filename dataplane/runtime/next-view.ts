/** How a change of configuration becomes the next view: in parts and slices, so that packets wait no longer than for one of them. */
import { ViewDraft } from '../routing/build.ts';
import type { PackedTable } from '../routing/packed-tables.ts';
import type { ConfigView } from '../routing/view.ts';
import type { ConfigBatch, ConfigPart } from './messages.ts';

/** Longest work between two turns of the event loop, and ops between two looks at the clock. */
const sliceMs = 2;
const opsPerLook = 32;
/** Ops that go to a worker at once: to copy them out and apply them takes well under 2 ms. */
const opsPerPart = 128;

/**
 * Takes the place of a packed table. The collector sees a shared buffer as a few bytes, so replaced ones would stay for
 * as long as this thread has little else to collect; memory of the same size that is never touched tells it what is at stake.
 */
function rebase(draft: ViewDraft, table: PackedTable): void {
  draft.rebase(table);
  new ArrayBuffer(table.buffer.byteLength);
}

/** Builds the next view slice by slice. `view` stays as it is. */
export async function buildView(view: ConfigView, change: ConfigBatch): Promise<ConfigView> {
  const draft = new ViewDraft(view);
  for (const table of change.packed) rebase(draft, table);
  let sliceEnds = performance.now() + sliceMs;
  for (const [at, op] of change.ops.entries()) {
    draft.apply(op);
    if (at % opsPerLook !== opsPerLook - 1 || performance.now() < sliceEnds) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sliceEnds = performance.now() + sliceMs;
  }
  return draft.commit(change.epoch, change.rev);
}

/** A change in parts for one worker; the last one says so, and only with it the view is swapped. */
export function* configParts({ packed, ops, epoch, rev }: ConfigBatch): Generator<ConfigPart> {
  for (let from = 0; ; from += opsPerPart) {
    const last = from + opsPerPart >= ops.length;
    yield { packed: from === 0 ? packed : [], ops: ops.slice(from, from + opsPerPart), epoch, rev, last };
    if (last) return;
  }
}

/** A worker's end: takes part by part. */
export class ConfigIntake {
  #draft: ViewDraft | null = null;

  /** The next view with the last part of a change, null before. @param view what the change is a difference to */
  take(view: ConfigView, part: ConfigPart): ConfigView | null {
    const draft = (this.#draft ??= new ViewDraft(view));
    for (const table of part.packed) rebase(draft, table);
    for (const op of part.ops) draft.apply(op);
    if (!part.last) return null;
    this.#draft = null;
    return draft.commit(part.epoch, part.rev);
  }
}

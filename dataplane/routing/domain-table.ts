/** Domains of a view: the exact name, else the longest wildcard. */
import type { DomainRow } from '../contract/rows.ts';
import type { BigTable } from './big-table.ts';
import { placeHash, startHash, textHash } from './packed-base.ts';
import type { PackedDomains } from './packed-tables.ts';

const dotCode = 46;
const exactSpace = 0;
const wildcardSpace = 1;

export class DomainTable implements PackedDomains {
  readonly rows: BigTable<'domain'>;
  private readonly wildcards: boolean;

  constructor(rows: BigTable<'domain'>) {
    this.rows = rows;
    this.wildcards = rows.measures.some((bits) => bits !== 0);
  }

  get size(): number {
    return this.rows.size;
  }

  get(name: string): DomainRow | undefined {
    return this.rows.get(name);
  }

  values(): Iterable<DomainRow> {
    return this.rows.values();
  }

  find(host: string): DomainRow | null {
    const { rows } = this;
    const exact = this.look(host, exactSpace, host, 0);
    if (exact !== null) return exact;
    if (!this.wildcards) return null;
    let labels = 0;
    for (let i = 0; i < host.length; i++) if (host.charCodeAt(i) === dotCode) labels++;
    // Left to right = longest first; label counts that no wildcard has cost no look-up, however long the name.
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1), labels--) {
      if (dot === 0 || labels > 127 || !rows.measured(labels)) continue;
      const found = this.look(rows.overlay.size === 0 ? '' : `*${host.slice(dot)}`, wildcardSpace, host, dot);
      if (found !== null) return found;
    }
    return null;
  }

  /** @param key what the overlay would call it; of the packed rows the text of `host` from `start` on. */
  private look(key: string, space: number, host: string, start: number): DomainRow | null {
    const { base, overlay } = this.rows;
    if (overlay.size > 0) {
      const changed = overlay.get(key);
      if (changed !== undefined) return changed;
    }
    if (base.size === 0) return null;
    const hash = placeHash(textHash(host, start, host.length, startHash), space);
    const slot = base.seek(base.home(hash), hash, space, host, start, host.length);
    return slot < 0 ? null : base.row(base.record(slot));
  }
}

import { describe, expect, it } from 'vitest';
import { whyClosed } from '../../../../controlplane/db/embedded.ts';

describe('a database that does not open', () => {
  it('on a full disk is not called broken: nobody shall throw it away', () => {
    const sentence = whyClosed('/data/database', 'PGlite failed to initialize properly', 3 * 1024 * 1024);
    expect(sentence).toContain('its disk is full (3 MiB free); free at least 32 MiB and start again.');
    expect(sentence).not.toMatch(/backup|move the folder/);
  });

  it('otherwise is to be restored or moved away', () => {
    expect(whyClosed('/data/database', 'bad magic', 10 ** 10)).toBe('The embedded database in "/data/database" does not open (bad magic); restore it from a backup, or move the folder away to start empty.');
  });
});

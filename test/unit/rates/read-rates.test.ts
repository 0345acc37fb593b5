import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateUpload } from '../../../controlplane/contract/rates.ts';
import { readPrice, readRates } from '../../../controlplane/rates/read-rates.ts';

/** A body that comes in pieces. */
async function* pieces(text: string, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = async (text: string, size?: number): Promise<string[]> => {
  const list = await readRates(pieces(text, size));
  return list.ok ? list.value.texts.join('\n').split('\n') : list.error.map(({ pointer, message }) => `${pointer} ${message}`);
};

describe('a price', () => {
  it.each([['0', 0], ['1', 1_000_000], ['0.0123', 12_300], ['0.000001', 1], ['1000000', 1_000_000_000_000], ['12.5', 12_500_000]])('%s is %i millionths', (text, millionths) => {
    expect(readPrice(text)).toBe(millionths);
  });

  it.each(['', '.5', '1.', '-1', '1e3', '0,5', '0.0000001', '1000001', '1 000', '٣', '99999999'])('%j is none', (text) => {
    expect(readPrice(text)).toBeNull();
  });

  it('keeps every digit', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (millionths) => {
      const text = `${Math.floor(millionths / 1_000_000)}.${String(millionths % 1_000_000).padStart(6, '0')}`;
      expect(readPrice(text)).toBe(millionths);
    }));
  });
});

describe('a price list', () => {
  it('keeps the line of each rate, however it is cut into pieces', async () => {
    const text = '\ufeffprefix,set,price\r\n49,10,0.5\r\n\r\n"+4930",011,"1"\r\n';
    for (const size of [1, 2, 3, 5, 100]) expect(await read(text, size)).toEqual(['2,49,10,500000', '4,+4930,11,1000000']);
  });

  it('needs no line of names, no last line end, and passes further columns over', async () => {
    expect(await read('49,10,0.5,Germany,x\n50,10,1')).toEqual(['1,49,10,500000', '2,50,10,1000000']);
    expect(await read('Country,PRICE,Set,Prefix\nGermany,1,10,49')).toEqual(['2,49,10,1000000']);
  });

  it.each([
    ['', '0:0 holds no rate; DELETE takes a rate table away'],
    ['prefix,set,price\n', '0:0 holds no rate; DELETE takes a rate table away'],
    ['prefix,cost\n1,2', '1:0 the first line names columns, but not set, price; accepted: prefix, set, price'],
    ['49', '1:2 set must be the number of a dispatcher set, 0 to 2147483647'],
    ['49,2147483648,1', '1:2 set must be the number of a dispatcher set, 0 to 2147483647'],
    ['set,price,prefix\n1,1,abc', '2:3 prefix must be 1 to 32 digits, which + may precede'],
    ['49,1,"1', '1:0 a quotation mark is not closed'],
    [`49,1,1,${'x'.repeat(5_000)}`, '1:0 a line must have at most 1024 bytes'],
  ])('%j is refused: %s', async (text, message) => {
    expect((await read(text, 4_096))[0]).toBe(message);
  });

  it('has bounds: lines, and faults that are told', async () => {
    expect(await read('x\n'.repeat(500), 4_096)).toHaveLength(100);
    const lines = '1,1,1\n'.repeat(10_000);
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.from(lines);
    }
    expect(await readRates(endless())).toEqual({ ok: false, error: [{ pointer: `${rateUpload.lines + 1}:0`, code: 'too-long', message: 'must have at most 1000000 lines' }] });
  }, 60_000);

  it('ends when its sender breaks off', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('1,1,1\n');
      throw new Error('the connection is gone');
    }
    await expect(readRates(broken())).rejects.toThrow('the connection is gone');
  });
});

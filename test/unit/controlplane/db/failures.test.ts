import { describe, expect, it } from 'vitest';
import { isDatabaseAway } from '../../../../controlplane/db/failures.ts';

const coded = (code: string, message = 'x', cause?: unknown): Error => Object.assign(new Error(message, { cause }), { code });

describe('a database that is away', () => {
  it.each([
    ['refused connection', coded('ECONNREFUSED')],
    ['Prisma cannot reach it', coded('P1001')],
    ['no free connection in time', coded('P2024')],
    ['shutting down', coded('57P01')],
    ['deep inside', coded('P2010', 'raw query failed', coded('ECONNRESET'))],
    ['several addresses tried', new AggregateError([coded('ECONNREFUSED')])],
    ['starting up, as a driver adapter tells it', Object.assign(coded('P2039', 'Database error.'), { meta: { driverAdapterError: { name: 'DriverAdapterError', cause: { kind: 'postgres', code: '57P03', originalCode: '57P03' } } } })],
    ['a full disk', coded('P2010', 'raw query failed', coded('53100'))],
    ['a standby', coded('25006', 'cannot execute UPDATE in a read-only transaction')],
    ['in words only', new Error('Connection terminated unexpectedly')],
    ['of a connection that died before the query', new Error('Client has encountered a connection error and is not queryable')],
  ])('%s', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(true);
  });

  it.each([
    ['a broken constraint', coded('P2003')], ['a bug', new TypeError('x is not a function')], ['a syntax error', coded('42601')], ['no error at all', 'text'],
  ])('is not %s', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });

  it('is found although causes go round in circles', () => {
    const error = new Error('a');
    error.cause = error;
    expect(isDatabaseAway(error)).toBe(false);
  });
});

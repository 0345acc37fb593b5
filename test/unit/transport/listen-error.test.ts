import { expect, test } from 'vitest';
import { codeOf, ListenError } from '../../../dataplane/transport/listen-error.ts';

const settings = { transport: 'udp', family: 6, address: '::', port: 5060 } as const;

test('one sentence names the listener, the code and what to do', () => {
  expect(new ListenError(settings, 'EADDRINUSE').sentence())
    .toBe('Cannot listen on udp:[::]:5060 (EADDRINUSE): the port is taken; stop the program that holds it (ss -lnp shows it) or choose another port in SIGNALBOX_LISTEN.');
  expect(new ListenError({ ...settings, family: 4, address: '192.0.2.1' }, 'EWHATEVER').sentence())
    .toBe('Cannot listen on udp:192.0.2.1:5060 (EWHATEVER): the operating system refused it.');
});

test('codeOf takes the code of a system error, else its name', () => {
  expect(codeOf(Object.assign(new Error('x'), { code: 'EPERM' }))).toBe('EPERM');
  expect(codeOf(new TypeError('x'))).toBe('TypeError');
  expect(codeOf('odd')).toBe('odd');
});

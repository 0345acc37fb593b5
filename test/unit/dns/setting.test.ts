import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../dataplane/settings.ts';

describe('SIGNALBOX_DNS', () => {
  it('lists servers with and without port; without it the system chooses', () => {
    const read = readSettings({ SIGNALBOX_DNS: '192.0.2.53, 127.0.0.1:5353,2001:db8::53,[::1]:5353,[2001:db8::54]' }, []);
    expect(read.ok && read.value.dns).toEqual(['192.0.2.53', '127.0.0.1:5353', '2001:db8::53', '[::1]:5353', '[2001:db8::54]']);
    const unset = readSettings({}, []);
    expect(unset.ok && unset.value.dns).toEqual([]);
  });

  it.each(['dns.example', '192.0.2.300', '192.0.2.1:0', '192.0.2.1:65536', '[::1]x', '192.0.2.1,:53', Array.from({ length: 9 }, (_, n) => `192.0.2.${n}`).join(',')])('refuses "%s"', (text) => {
    const read = readSettings({}, ['--dns', text]);
    expect(read.ok ? '' : read.error).toMatch(/^SIGNALBOX_DNS: ".*" is not accepted; give up to 8 addresses/);
  });
});

import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../dataplane/settings.ts';

const read = (text: string) => readSettings({}, ['--ws-origins', text]);

describe('SIGNALBOX_WS_ORIGINS', () => {
  it('lists origins as browsers write them; "*" and nothing mean any', () => {
    const some = read('https://Phone.example, http://10.0.0.7:8080,https://phone.example:443');
    expect(some.ok && some.value.webOrigins).toEqual(['https://phone.example', 'http://10.0.0.7:8080', 'https://phone.example']);
    for (const any of [read('*'), readSettings({}, [])]) expect(any.ok && any.value.webOrigins).toEqual([]);
  });

  it.each(['phone.example', 'wss://phone.example', 'https://phone.example/app', 'https://u@phone.example', 'https://', ',', '*,https://phone.example', 'null', Array.from({ length: 65 }, (_, n) => `https://h${n}.example`).join(',')])('refuses "%s"', (text) => {
    const refused = read(text);
    expect(refused.ok ? '' : refused.error).toMatch(/^SIGNALBOX_WS_ORIGINS: ".*" is not accepted; give "\*", or up to 64 origins/);
  });
});

/** Calls of the bench in an rtpengine: offered and answered by its ng protocol, one stream of G.711 each. */
import { NgClient } from '../../dataplane/media/rtpengine/ng-client.ts';
import type { Rtpengine } from '../../test/harness/rtpengine.ts';
import type { EdgeOrder } from './kernel-order.ts';

const sdp = (address: string, port: number): string => ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', ''].join('\r\n');

/** @returns its ports towards the phone and towards the PBX, by call */
export async function openCalls(engine: Rtpengine, { phone, pbx, calls, firstPort }: EdgeOrder): Promise<{ forPhone: number[]; forPbx: number[] }> {
  const client = new NgClient(engine.host, engine.port);
  const ask = (fields: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve, reject) => {
      client.request(fields, (answer) => {
        const said = answer.ok ? (answer.value.get('sdp') ?? answer.value.get('error-reason')) : answer.error;
        const text = typeof said === 'string' ? said : '';
        const port = Number(/m=audio (\d+) /.exec(text)?.[1]);
        if (port > 0) resolve(port);
        else reject(new Error(`rtpengine, ${fields['command']}: ${text}`));
      });
    });
  const forPhone: number[] = [];
  const forPbx: number[] = [];
  for (let call = 0; call < calls; call++) {
    const id = { 'call-id': `bench-${call}`, 'from-tag': 'a' };
    forPbx.push(await ask({ ...id, command: 'offer', sdp: sdp(phone, firstPort + 2 * call) }));
    forPhone.push(await ask({ ...id, command: 'answer', 'to-tag': 'b', sdp: sdp(pbx, firstPort + 2 * call) }));
  }
  client.close();
  return { forPhone, forPbx };
}

import { describe, expect, test } from 'vitest';
import { inviteClientEvent, inviteClientState, stepInviteClient } from '../../../dataplane/transaction/invite-client.ts';
import { inviteServerEvent, inviteServerState, stepInviteServer } from '../../../dataplane/transaction/invite-server.ts';
import { nonInviteClientEvent, nonInviteClientState, stepNonInviteClient } from '../../../dataplane/transaction/non-invite-client.ts';
import { nonInviteServerEvent, nonInviteServerState, stepNonInviteServer } from '../../../dataplane/transaction/non-invite-server.ts';
import { expectMatrix } from './matrix.ts';

describe('state × event', () => {
  test('INVITE server: RFC 3261 §17.2.1, figure 7, with RFC 6026 §7.1', () => {
    expectMatrix(stepInviteServer, inviteServerState, inviteServerEvent, {
      'proceeding request': 'proceeding: resend',
      'proceeding provisional': 'proceeding: send keep quiet',
      'proceeding success': 'accepted: send quiet deadline release',
      'proceeding failure': 'completed: send keep retransmit deadline',
      'proceeding retransmit': 'proceeding: trying quiet',
      'accepted success': 'accepted: send',
      'accepted ack': 'accepted: deliver',
      'accepted deadline': 'terminated: end',
      'completed request': 'completed: resend',
      'completed ack': 'confirmed: quiet deadline release',
      'completed success': 'completed: send',
      'completed retransmit': 'completed: resend retransmit',
      'completed deadline': 'terminated: end',
      'confirmed success': 'confirmed: send',
      'confirmed deadline': 'terminated: end',
    });
  });

  test('non-INVITE server: RFC 3261 §17.2.2, figure 8, with RFC 4320', () => {
    expectMatrix(stepNonInviteServer, nonInviteServerState, nonInviteServerEvent, {
      'trying final': 'completed: send keep quiet deadline',
      'trying silence': 'completed: quiet deadline release',
      'trying retransmit': 'proceeding: trying quiet',
      'proceeding request': 'proceeding: resend',
      'proceeding final': 'completed: send keep deadline',
      'proceeding silence': 'completed: deadline release',
      'completed request': 'completed: resend',
      'completed deadline': 'terminated: end',
    });
  });

  test('INVITE client: RFC 3261 §17.1.1, figure 5, with RFC 6026 §7.2 and our Cancelling and Abandoned', () => {
    expectMatrix(stepInviteClient, inviteClientState, inviteClientEvent, {
      'calling trying': 'proceeding: deliver quiet deadline',
      'calling provisional': 'proceeding: deliver quiet deadline',
      'calling success': 'accepted: deliver quiet deadline release',
      'calling failure': 'completed: ack deliver quiet deadline release',
      'calling retransmit': 'calling: resend retransmit',
      'calling deadline': 'abandoned: quiet deadline timeout',
      'calling transportError': 'terminated: failed end',
      'proceeding trying': 'proceeding: deliver',
      'proceeding provisional': 'proceeding: deliver deadline',
      'proceeding success': 'accepted: deliver deadline release',
      'proceeding failure': 'completed: ack deliver deadline release',
      'proceeding deadline': 'cancelling: cancel deadline',
      'proceeding cancel': 'cancelling: cancel deadline',
      'cancelling trying': 'cancelling: deliver',
      'cancelling provisional': 'cancelling: deliver',
      'cancelling success': 'accepted: deliver deadline release',
      'cancelling failure': 'completed: ack deliver deadline release',
      'cancelling deadline': 'abandoned: deadline timeout',
      'completed failure': 'completed: ack',
      'completed deadline': 'terminated: end',
      'completed transportError': 'terminated: end',
      'accepted success': 'accepted: deliver',
      'accepted deadline': 'terminated: end',
      'abandoned trying': 'abandoned: cancel deadline',
      'abandoned provisional': 'abandoned: cancel deadline',
      'abandoned success': 'accepted: deliver deadline release',
      'abandoned failure': 'completed: ack deadline release',
      'abandoned deadline': 'terminated: end',
      'abandoned transportError': 'terminated: end',
    });
  });

  test('non-INVITE client: RFC 3261 §17.1.2, figure 6', () => {
    expectMatrix(stepNonInviteClient, nonInviteClientState, nonInviteClientEvent, {
      'trying provisional': 'proceeding: deliver',
      'trying final': 'completed: deliver quiet deadline release',
      'trying retransmit': 'trying: resend retransmit',
      'trying deadline': 'terminated: timeout end',
      'trying transportError': 'terminated: failed end',
      'proceeding provisional': 'proceeding: deliver',
      'proceeding final': 'completed: deliver quiet deadline release',
      'proceeding retransmit': 'proceeding: resend retransmit',
      'proceeding deadline': 'terminated: timeout end',
      'proceeding transportError': 'terminated: failed end',
      'completed deadline': 'terminated: end',
    });
  });

  test.each([
    ['INVITE server', stepInviteServer, inviteServerState.terminated, Object.keys(inviteServerEvent).length],
    ['non-INVITE server', stepNonInviteServer, nonInviteServerState.terminated, Object.keys(nonInviteServerEvent).length],
    ['INVITE client', stepInviteClient, inviteClientState.terminated, Object.keys(inviteClientEvent).length],
    ['non-INVITE client', stepNonInviteClient, nonInviteClientState.terminated, Object.keys(nonInviteClientEvent).length],
  ])('%s: Terminated is final', (_, step, terminated, events) => {
    for (let event = 0; event < events; event++) expect(step(terminated, event)).toBe(terminated);
  });
});

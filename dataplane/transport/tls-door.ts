/** TLS as a server (RFC 8446, RFC 5246): what an accepted socket goes through before SIP or HTTP begins. */
import { constants, createHash, hkdfSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { codeOf } from './listen-error.ts';
import type { TransportCounters } from './settings.ts';
import type { TlsIdentities, TlsPolicy } from './tls-identities.ts';

/** Certificate by server name, no renegotiation, session tickets that every worker can open. */
export class TlsDoor {
  readonly #identities: TlsIdentities;
  readonly #own: string;
  readonly #tickets: Buffer;
  readonly #counters: TransportCounters;
  readonly #passed: (socket: TLSSocket) => void;
  #server: Server | null = null;
  #version = -1;

  /**
   * @param own id of the listener's certificate file, '' = none
   * @param tickets 48 bytes that seal session tickets
   * @param passed takes a socket whose handshake is done
   */
  constructor(identities: TlsIdentities, own: string, tickets: Uint8Array, counters: TransportCounters, passed: (socket: TLSSocket) => void) {
    this.#identities = identities;
    this.#own = own;
    this.#tickets = Buffer.from(tickets);
    this.#counters = counters;
    this.#passed = passed;
  }

  /** Begins the handshake; how long it may take is the accepting table's business. */
  enter(socket: Socket): void {
    // Handshakes under way, and connections, stay with the server that they began with.
    if (this.#server === null || this.#version !== this.#identities.version) this.#server = this.#renew();
    this.#server.emit('connection', socket);
  }

  #renew(): Server {
    const identities = this.#identities;
    const { clientCertificates, minVersion } = identities.policy;
    this.#version = identities.version;
    const shown = identities.choose('', this.#own);
    const server = createServer({
      ...(shown === null ? {} : { cert: shown.chain, key: shown.key }),
      minVersion, ca: identities.clientRoots(), ticketKeys: ticketKeysFor(this.#tickets, identities.policy), secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      requestCert: clientCertificates !== 'off', rejectUnauthorized: false,
      SNICallback: (name, done) => {
        const identity = identities.choose(name, this.#own);
        if (identity === null) done(new Error(`no certificate for ${name}`));
        else done(null, identities.contextOf(identity));
      },
    });
    server.on('secureConnection', (socket) => this.#secured(socket, clientCertificates === 'require'));
    server.on('tlsClientError', (error, socket) => {
      this.#counters[causeOf(error)]++;
      socket.destroy();
    });
    return server;
  }

  #secured(socket: TLSSocket, required: boolean): void {
    if (required && !socket.authorized) {
      this.#counters.tlsFailedCertificate++;
      socket.destroy();
      return;
    }
    this.#counters.tlsHandshakes++;
    if (socket.isSessionReused()) this.#counters.tlsResumptions++;
    this.#passed(socket);
  }
}

/**
 * A session carries the verdict on the client's certificate with it, and each resumption prolongs it. So tickets open only under the
 * roots that the verdict was made with: who was vouched for by a root that is gone has to shake hands anew.
 */
const ticketKeysFor = (tickets: Buffer, { clientCertificates, ca }: TlsPolicy): Buffer =>
  Buffer.from(hkdfSync('sha256', tickets, createHash('sha256').update(ca).digest(), `tickets ${clientCertificates}`, tickets.length));

/** OpenSSL's names for a first packet that is no TLS record. */
const plainText = /^ERR_SSL_(HTTP_REQUEST|HTTPS_PROXY_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE)$/;

/** The counter of a failed handshake. */
export function causeOf(error: Error): 'tlsFailedPlain' | 'tlsFailedCertificate' | 'tlsFailedOther' {
  const code = codeOf(error);
  if (plainText.test(code)) return 'tlsFailedPlain';
  return /CERT|UNKNOWN_CA|SELF_SIGNED|VERIFY/.test(code) ? 'tlsFailedCertificate' : 'tlsFailedOther';
}

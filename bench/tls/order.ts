/** What the TLS bench tells its client, and what that tells back. */

export interface Order {
  readonly host: string;
  readonly port: number;
  readonly seconds: number;
  /** Connections at once. */
  readonly lanes: number;
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  /** Offer the ticket of the connection before. */
  readonly resume: boolean;
}

export interface Handshakes {
  /** Connections whose OPTIONS was answered by 200. */
  readonly done: number;
  readonly resumed: number;
  readonly failed: number;
  readonly seconds: number;
  /** Cipher and key exchange of the first connection. */
  readonly suite: string;
  readonly clientCpuSeconds: number;
}

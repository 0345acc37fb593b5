/** The part of the browser's phone that lives in the page; web-phone.ts bundles it with JsSIP and drives it. */
import * as library from 'jssip';

const JsSIP = library.default ?? library;
const media = { mediaConstraints: { audio: true, video: false } };

globalThis.phone = {
  /** What happened, in order. */
  events: [],
  session: null,
  ua: null,

  /** Registers at once and answers calls at once. */
  start(aor, url) {
    const note = (event) => (data) => this.events.push(`${event} ${data?.cause ?? ''}`.trim());
    this.ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(url)], uri: aor, password: 'unused', register_expires: 120, session_timers: false });
    for (const event of ['connected', 'disconnected', 'registered', 'unregistered', 'registrationFailed']) this.ua.on(event, note(event));
    this.ua.on('newRTCSession', ({ session, originator }) => {
      this.session = session;
      for (const event of ['progress', 'accepted', 'confirmed', 'ended', 'failed']) session.on(event, note(event));
      // What the browser itself says of a description that it does not take.
      session.on('peerconnection:setremotedescriptionfailed', (error) => this.events.push(`refused ${String(error)}`));
      this.events.push(`call ${originator}`);
      if (originator === 'remote') session.answer(media);
    });
    this.ua.start();
  },

  call(target) {
    this.ua.call(target, media);
  },

  hangUp() {
    this.session?.terminate();
  },

  saw(event) {
    return this.events.some((one) => one.startsWith(event));
  },

  /** RTP packets that came from the other end. */
  async packets() {
    const stats = this.session === null ? new Map() : await this.session.connection.getStats();
    let packets = 0;
    for (const { type, packetsReceived } of stats.values()) if (type === 'inbound-rtp') packets += packetsReceived;
    return packets;
  },
};

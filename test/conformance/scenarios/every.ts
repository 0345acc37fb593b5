/** All scenarios: importing this registers them. */
import './a1-requests.ts';
import './a2-forwarding.ts';
import './a3-responses.ts';
import './a4-cancel.ts';
import './b1-invite.ts';
import './b2-non-invite.ts';
import './c1-datagrams.ts';
import './c2-streams.ts';
import './c3-connections.ts';
import './d1-headers.ts';
import './d2-start-lines.ts';
import './e-locating.ts';
import './f-outbound.ts';
import './g-websocket.ts';
import './h-role.ts';
import './i-dispatcher.ts';
import './j-media.ts';

/** `--http 127.0.0.1:8081` is `SIGNALBOX_HTTP=127.0.0.1:8081`: flags become the environment that both planes read. */
import { Refusal } from './project.mjs';

const names = [
  'SIGNALBOX_HTTP', 'SIGNALBOX_DATA', 'DATABASE_URL', 'SIGNALBOX_ADMIN_TOKEN', 'SIGNALBOX_TRUST_PROXY', 'SIGNALBOX_LISTEN', 'SIGNALBOX_NAMES', 'SIGNALBOX_DNS',
  'SIGNALBOX_FORBIDDEN_TARGETS', 'SIGNALBOX_WS_ORIGINS', 'SIGNALBOX_RTP', 'SIGNALBOX_MEDIA', 'SIGNALBOX_MEDIA_THREADS', 'SIGNALBOX_SOCKETS', 'SIGNALBOX_NODE_HTTP', 'SIGNALBOX_NODE_NAME', 'SIGNALBOX_CONTROL_URL', 'SIGNALBOX_JOIN_TOKEN', 'SIGNALBOX_NODE_TOKEN', 'SIGNALBOX_WORKERS',
  'SIGNALBOX_BACKEND_PORT', 'SIGNALBOX_DRAIN_MS', 'SIGNALBOX_TAKEOVER', 'SIGNALBOX_LOG',
];
const kebab = (name) => name.toLowerCase().replaceAll('_', '-');
const byFlag = new Map(names.flatMap((name) => [[kebab(name), name], [kebab(name.replace(/^SIGNALBOX_/, '')), name]]));

/** The environment with the flags of `argv` laid over it. */
export function environmentOf(argv, env) {
  const result = { ...env };
  for (let i = 0; i < argv.length; i++) {
    const match = /^--([a-z-]+)(?:=(.*))?$/s.exec(argv[i]);
    const name = match ? byFlag.get(match[1]) : undefined;
    if (name === undefined) {
      throw new Refusal(`"${argv[i]}" is not a flag of npm start; known are ${names.map((n) => `--${kebab(n.replace(/^SIGNALBOX_/, ''))}`).join(', ')}.`, 2);
    }
    const value = match[2] ?? argv[++i];
    if (value === undefined) throw new Refusal(`${argv[i - 1]} needs a value.`, 2);
    result[name] = value;
  }
  return result;
}

/** The `attrs` of a Kamailio destination: `n1=v1;n2=v2`, names without case, one `;` at the end allowed. PURE. */
import { attrFaults } from '../../dataplane/contract/destination-attrs.ts';
import { limits } from '../../dataplane/contract/limits.ts';
import type { Notes } from './report.ts';

export interface DispatcherAttrs {
  /** Everything that is kept as it is, weight and ping_from excepted. */
  readonly attrs: Readonly<Record<string, string>>;
  /** null = none given. */
  readonly weight: number | null;
  readonly pingFrom: string | null;
}

/** Attributes that change what Kamailio does and that are kept here for show only. */
const withoutEffect: Readonly<Record<string, string>> = { sockname: 'the sending socket by its name; use socket', ping_socket: 'the probing socket' };

/** Reads attributes; what cannot be read or kept is noted, nothing fails: Kamailio skips such a destination with a warning. */
export function readDispatcherAttrs(text: string | null, where: string, warnings: Notes, cannotKeep: Notes): DispatcherAttrs {
  const attrs: Record<string, string> = {};
  let weight: number | null = null;
  let pingFrom: string | null = null;
  for (const part of (text ?? '').split(';')) {
    const item = part.trim();
    if (item === '') continue;
    const at = item.indexOf('=');
    const name = (at === -1 ? item : item.slice(0, at)).trim().toLowerCase();
    const value = unquoted(at === -1 ? '' : item.slice(at + 1).trim());
    if (name === '') {
      cannotKeep.add('attr-without-name', where, `"${item.slice(0, 40)}" has no name.`);
    } else if (name === 'weight') {
      weight = readWeight(value, where, warnings);
    } else if (!/^[a-z0-9_.-]{1,64}$/.test(name)) {
      cannotKeep.add('attr-name', where, `The attribute "${name.slice(0, 40)}" cannot be kept: names are 1 to 64 letters, digits, _, . and -.`);
    } else if (value.length > limits.attrLength || Object.keys(attrs).length >= limits.attrsPerDestination) {
      cannotKeep.add('attr-too-long', where, `The attribute "${name.slice(0, 40)}" goes over the bounds: ${limits.attrsPerDestination} attributes, values up to ${limits.attrLength} characters.`);
    } else if (attrFaults({ [name]: value }).length > 0) {
      cannotKeep.add('bad-attr', where, `"${name}" is "${value.slice(0, 40)}"; it ${attrFaults({ [name]: value })[0]?.message ?? ''}. It is left out.`);
    } else if (name === 'ping_from') {
      pingFrom = value;
    } else {
      if (name === 'obproxy') warnings.add('obproxy', where, 'Kamailio sends only its probes by "obproxy"; here calls go that way too.');
      if (Object.hasOwn(attrs, name)) warnings.add('attr-twice', where, `The attribute "${name}" is there twice; the last one counts.`);
      Object.defineProperty(attrs, name, { value, enumerable: true, writable: true, configurable: true });
      const meaning = withoutEffect[name];
      if (meaning !== undefined) cannotKeep.add('attr-without-effect', where, `"${name}" (${meaning}) is kept and shown, and changes nothing here.`);
    }
  }
  return { attrs, weight, pingFrom };
}

function readWeight(value: string, where: string, warnings: Notes): number | null {
  const weight = /^[0-9]{1,9}$/.test(value) ? Number(value) : -1;
  if (weight < 0 || weight > limits.weight) {
    warnings.add('bad-weight', where, `The weight "${value.slice(0, 20)}" is not a whole number from 0 to ${limits.weight}; the default is taken.`);
    return null;
  }
  return weight;
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** Decoders of rows that say how nodes behave: settings, certificates, desired state of one node. */
import type { Faults } from './decode-reader.ts';
import { FieldReader, readText } from './decode-reader.ts';
import { slug } from './decode-tenancy.ts';
import { limits } from './limits.ts';
import { nodeDefaults, settingDefaults } from './rows.ts';
import type { CertificateRow, NodeRow, RtpengineInstance, SettingRow } from './rows.ts';
import { isHost, isHostName, parseHostPort } from './target.ts';

export function decodeNode(fields: FieldReader): NodeRow {
  fields.defaulting(nodeDefaults);
  return {
    id: fields.formatted('id', 1, limits.slugLength, (text) => /^[A-Za-z0-9_-]+$/.test(text), 'letters, digits, - and _'),
    draining: fields.boolean('draining'),
    answerOptions: fields.boolean('answerOptions'),
  };
}

export function decodeSetting(fields: FieldReader): SettingRow {
  fields.defaulting(settingDefaults);
  const unknownDomain = fields.oneOf('unknownDomain', ['drop', 403, 404]);
  const requireToMatch = fields.boolean('requireToMatch');
  const scanners = fields.distinct('scanners', 0, limits.scannerPatterns, readScanner);
  const methods = fields.oneOf('methods', ['any', 'iana', 'strict']);
  const tls = fields.object('tls');
  const registration = fields.object('registration');
  const keepAlive = fields.object('keepAlive');
  const media = fields.object('media');
  const row: SettingRow = {
    unknownDomain, requireToMatch, scanners, methods,
    tls: {
      clientCertificates: tls.oneOf('clientCertificates', ['off', 'request', 'require']),
      ca: tls.pem('ca', 'CERTIFICATE', 0, limits.caBytes),
      minVersion: tls.oneOf('minVersion', ['TLSv1.2', 'TLSv1.3']),
      verifyDestinations: tls.boolean('verifyDestinations'),
    },
    registration: { perSecond: registration.integer('perSecond', 0, 1_000_000), spreadPercent: registration.integer('spreadPercent', 0, 90) },
    keepAlive: { method: keepAlive.oneOf('method', ['off', 'crlf', 'options']), intervalMs: keepAlive.integer('intervalMs', 5_000, 600_000) },
    media: {
      rtpengines: readRtpengines(media),
      idleMs: media.integer('idleMs', 10_000, 3_600_000),
      exhausted: media.oneOf('exhausted', ['refuse', 'direct']),
      latching: media.oneOf('latching', ['strict', 'sdp', 'loose']),
    },
  };
  tls.close();
  registration.close();
  keepAlive.close();
  media.close();
  return row;
}

function readRtpengines(media: FieldReader): RtpengineInstance[] {
  const instances = media.list('rtpengines', 0, limits.rtpengines, readRtpengine);
  const seen = new Set<string>();
  for (const [index, { address }] of instances.entries()) {
    if (seen.has(address)) media.faults.add(`${media.at('rtpengines')}/${index}/address`, 'duplicate', `must not be listed twice: ${address}`);
    if (address !== '') seen.add(address);
  }
  return instances;
}

function readRtpengine(value: unknown, pointer: string, faults: Faults): RtpengineInstance {
  const fields = new FieldReader(value, pointer, faults);
  const instance: RtpengineInstance = {
    address: fields.text('address', 1, limits.domainLength + 6),
    weight: fields.integer('weight', 0, limits.weight),
    enabled: fields.boolean('enabled'),
  };
  fields.close();
  if (instance.address !== '' && !isServerAddress(instance.address)) {
    faults.add(fields.at('address'), 'format', `must be host:port, the host a name in lower case, an IPv4 address or an IPv6 address in brackets, not ${instance.address.slice(0, 60)}`);
  }
  return instance;
}

/** True for `host:port` of a UDP server: both are needed. */
export function isServerAddress(text: string): boolean {
  const place = parseHostPort(text);
  return place !== null && place.port !== 0 && text === text.toLowerCase();
}

/** The form only: whether key, chain and names belong together is checked when a certificate is saved, with its key open. */
export function decodeCertificate(fields: FieldReader): CertificateRow {
  return {
    name: slug(fields, 'name'),
    names: fields.distinct('names', 1, limits.namesPerCertificate, readCertificateName),
    chain: fields.pem('chain', 'CERTIFICATE', 1, limits.certificateChainBytes),
    key: fields.formatted('key', 1, limits.sealedKeyBytes, (text) => /^[0-9]{1,10}\.[A-Za-z0-9_-]+$/.test(text), 'a sealed key'),
  };
}

function readCertificateName(value: unknown, pointer: string, faults: Faults): string {
  const text = readText(value, pointer, 1, limits.domainLength, faults, 'a DNS name');
  const bare = text.startsWith('*.') ? text.slice(2) : text;
  const accepted = text.startsWith('*.') ? isHostName(bare) : isHost(bare);
  if (text !== '' && (!accepted || text !== text.toLowerCase())) faults.add(pointer, 'format', 'must be a DNS name or address in lower case, or *.suffix');
  return text;
}

function readScanner(value: unknown, pointer: string, faults: Faults): string {
  const text = readText(value, pointer, 1, limits.nameLength, faults);
  if (text !== text.toLowerCase()) faults.add(pointer, 'format', 'must be in lower case');
  return text;
}

import type { CertificatesResealed, ClusterKeyItem } from '../../../../controlplane/contract/index.ts';
import type { Tone } from '../../components/tone.ts';

const states: Readonly<Record<ClusterKeyItem['state'], { readonly tone: Tone; readonly word: string }>> = {
  announced: { tone: 'probing', word: 'told to nodes' },
  signing: { tone: 'up', word: 'signs' },
  replaced: { tone: 'disabled', word: 'opens only' },
};

export const keyState = ({ state }: Pick<ClusterKeyItem, 'state'>): { readonly tone: Tone; readonly word: string } => states[state];

/** What to do about certificates that no key opens; '' when there are none. */
export const unreadableSentence = (unreadable: CertificatesResealed['unreadable']): string =>
  (unreadable.length === 0 ? '' : ` Save again, as no key opens them: ${unreadable.map(({ name }) => name).join(', ')}.`);

import type { NodeMedia } from '../../../../controlplane/contract/index.ts';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Form.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { count, plural } from '../../lib/figures.ts';
import { engineText, mediaState, portsText } from './node-media.ts';

const tones = { up: 'up', down: 'down', unknown: 'probing' } as const;

/** What keeps the kernel out, in a sentence. */
function trouble({ engine, sentence }: NodeMedia): string | undefined {
  if (sentence === '') return undefined;
  return `${engine === 'kernel' ? 'Not every stream is in the kernel' : 'Not in the kernel'}: ${sentence}.`;
}

/** What moves the media of a node's calls, and how much room is left. */
export function NodeMediaSection({ media }: { readonly media: NodeMedia | null }) {
  if (media === null) {
    return (
      <Section title="Media">
        <span style={{ color: 'var(--sb-ink-2)' }}>Relays none, or does not say: its calls' media goes from end to end.</span>
      </Section>
    );
  }
  const state = mediaState(media);
  const own = media.engine !== 'rtpengine' || media.portsUsed > 0;
  return (
    <Section title="Media" about={trouble(media)} aside={<StateBadge tone={state.tone}>{state.word}</StateBadge>}>
      <Facts
        facts={[
          ['Engine', engineText[media.engine]],
          ['Calls relayed', count(media.sessions)],
          ...(own ? [['Ports', portsText(media)] as const] : []),
          ...(media.engine === 'kernel' || media.kernelStreams > 0 ? [['Streams in the kernel', count(media.kernelStreams)] as const] : []),
          ...media.rtpengines.filter(({ sessions }) => media.engine === 'rtpengine' || sessions > 0).map(({ address, state: how, sessions, reason }) => [
            address,
            <span key={address} style={{ display: 'flex', gap: 12, flexWrap: 'wrap' }}>
              <StateBadge tone={tones[how]}>{how === 'unknown' ? 'not asked yet' : how}</StateBadge>
              <span>{plural(sessions, 'call')}</span>
              {reason === '' ? null : <span>{reason}</span>}
            </span>,
          ] as const),
        ]}
      />
    </Section>
  );
}

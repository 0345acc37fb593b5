import { ActionIcon, Button, NumberInput, Switch, TextInput, Tooltip } from '@mantine/core';
import type { FormErrors } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { NodeItem } from '../../../../controlplane/contract/index.ts';
import { nodesQuery } from '../../api/live-queries.ts';
import { StateBadge } from '../../components/StateBadge.tsx';
import type { Tone } from '../../components/tone.ts';
import { plural } from '../../lib/figures.ts';
import styles from './Rtpengines.module.css';
import type { RtpengineValues } from './setting-form.ts';

interface Props {
  readonly engines: readonly RtpengineValues[];
  readonly errors: FormErrors;
  readonly onChange: (engines: RtpengineValues[]) => void;
}

/** What the nodes that use rtpengine see of one of them. */
function healthOf(address: string, nodes: readonly NodeItem[]): { readonly tone: Tone; readonly text: string } | null {
  const seen = nodes.flatMap(({ media }) => media?.rtpengines.filter((engine) => engine.address === address) ?? []);
  if (seen.length === 0) return null;
  const calls = plural(seen.reduce((sum, { sessions }) => sum + sessions, 0), 'call');
  const down = seen.filter(({ state }) => state === 'down');
  const [first] = down;
  if (first === undefined) return seen.every(({ state }) => state === 'up') ? { tone: 'up', text: `up, ${calls}` } : { tone: 'probing', text: `not asked yet, ${calls}` };
  return { tone: down.length === seen.length ? 'down' : 'probing', text: `down for ${down.length} of ${plural(seen.length, 'node')}: ${first.reason}` };
}

/** The pool of rtpengines, one a row. */
export function Rtpengines({ engines, errors, onChange }: Props) {
  const nodes = useQuery(nodesQuery).data ?? [];
  const change = (index: number, part: Partial<RtpengineValues>) => onChange(engines.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <div className={styles['root']} role="group" aria-label="rtpengines">
      <span className={styles['title']}>{engines.length === 0 ? 'No rtpengine' : 'rtpengines'}</span>
      <span className={styles['about']}>For nodes that are started with SIGNALBOX_MEDIA=rtpengine. Calls are shared out by weight; 0 = only when no other is left.</span>
      {engines.map((engine, index) => {
        const health = healthOf(engine.address, nodes);
        return (
          // Rows have no identity of their own; their fields are controlled.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className={styles['engine']} role="group" aria-label={`rtpengine ${index + 1}`}>
            <TextInput aria-label={`Address of rtpengine ${index + 1}`} className={`mono-input ${styles['address'] ?? ''}`} placeholder="192.0.2.9:2223" value={engine.address} error={errors[`media.rtpengines.${index}.address`]} onChange={(event) => change(index, { address: event.currentTarget.value })} />
            <NumberInput aria-label={`Weight of rtpengine ${index + 1}`} prefix="weight " w={120} min={0} value={engine.weight} error={errors[`media.rtpengines.${index}.weight`]} onChange={(weight) => change(index, { weight })} />
            <Switch label="New calls" aria-label={`New calls for rtpengine ${index + 1}`} checked={engine.enabled} onChange={(event) => change(index, { enabled: event.currentTarget.checked })} />
            <Tooltip label="Remove the rtpengine">
              <ActionIcon variant="subtle" color="gray" size={34} aria-label={`Remove rtpengine ${index + 1}`} onClick={() => onChange(engines.filter((_, at) => at !== index))}>
                <IconTrash size={16} stroke={1.6} />
              </ActionIcon>
            </Tooltip>
            {health === null ? null : <StateBadge tone={health.tone}>{health.text}</StateBadge>}
          </div>
        );
      })}
      <div>
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} disabled={engines.length >= 16} onClick={() => onChange([...engines, { address: '', weight: 1, enabled: true }])}>
          Add rtpengine
        </Button>
      </div>
    </div>
  );
}

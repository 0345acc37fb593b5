import { ActionIcon, Button, NumberInput, Select, TextInput, Tooltip } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { looksAtRank, looksAtWeight } from './algorithms.ts';
import { newDestination, type SetValues } from './set-form.ts';
import styles from './DestinationsEditor.module.css';

const adminChoices = [
  { value: 'enabled', label: 'enabled' },
  { value: 'draining', label: 'draining' },
  { value: 'disabled', label: 'disabled' },
];

interface Props {
  readonly form: UseFormReturnType<SetValues>;
  readonly algorithm: string;
}

/** The destinations of a set as lines: address, rank or weight, admin state, comment. */
export function DestinationsEditor({ form, algorithm }: Props) {
  const lines = form.values.destinations;
  const add = () => form.insertListItem('destinations', newDestination(Math.max(0, ...lines.map((line) => Number(line.rank))) + 1));
  const weight = looksAtWeight(Number(algorithm));
  const rank = !weight || looksAtRank(Number(algorithm));
  return (
    <div className={styles['root']}>
      {lines.map((line, index) => (
        <div key={line.uid} className={styles['line']} role="group" aria-label={`Destination ${index + 1}`}>
          <TextInput
            className={`mono-input ${styles['uri'] ?? ''}`}
            aria-label={`Address of destination ${index + 1}`}
            placeholder="sip:10.0.1.10:5060"
            spellCheck={false}
            data-autofocus={(index === 0 && line.id === null) || undefined}
            {...form.getInputProps(`destinations.${index}.uri`)}
          />
          {weight ? (
            <NumberInput aria-label={`Weight of destination ${index + 1}`} prefix="weight " min={0} w={104} hideControls {...form.getInputProps(`destinations.${index}.weight`)} />
          ) : null}
          {rank ? (
            <NumberInput aria-label={`Rank of destination ${index + 1}`} prefix="rank " min={1} w={84} hideControls {...form.getInputProps(`destinations.${index}.rank`)} />
          ) : null}
          <Select aria-label={`Admin state of destination ${index + 1}`} data={adminChoices} allowDeselect={false} w={116} {...form.getInputProps(`destinations.${index}.admin`)} />
          <TextInput className={styles['comment'] ?? ''} aria-label={`Comment on destination ${index + 1}`} placeholder="comment" {...form.getInputProps(`destinations.${index}.comment`)} />
          <Tooltip label="Take out of the set">
            <ActionIcon variant="subtle" color="gray" size={34} aria-label={`Take destination ${index + 1} out`} onClick={() => form.removeListItem('destinations', index)}>
              <IconTrash size={16} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        </div>
      ))}
      <div>
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={add}>
          Add destination
        </Button>
      </div>
    </div>
  );
}

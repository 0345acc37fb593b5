import { ActionIcon, Button, Chip, Group, Select, TextInput, Tooltip } from '@mantine/core';
import type { FormErrors } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { WindowValues } from './route-set-form.ts';
import styles from './RuleWindows.module.css';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const timezones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** Office hours where the operator sits, to start from. */
const newWindow = (): WindowValues => ({ timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' });

interface Props {
  readonly windows: readonly WindowValues[];
  readonly errors: FormErrors;
  /** Path of the windows within the form. */
  readonly path: string;
  readonly onChange: (windows: WindowValues[]) => void;
}

/** When a rule holds: none = always, else any of its windows. */
export function RuleWindows({ windows, errors, path, onChange }: Props) {
  const change = (index: number, part: Partial<WindowValues>) => onChange(windows.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <div className={styles['root']} role="group" aria-label="Time windows">
      <span className={styles['title']}>{windows.length === 0 ? 'Holds at any time' : 'Holds in any of these windows'}</span>
      {windows.map((window, index) => (
        // Windows have no identity of their own; their fields are controlled.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={styles['window']} role="group" aria-label={`Window ${index + 1}`}>
          <Chip.Group multiple value={window.days.map(String)} onChange={(chosen) => change(index, { days: chosen.map(Number).sort((a, b) => a - b) })}>
            <Group gap={4}>
              {days.map((name, day) => (
                <Chip key={name} size="xs" value={String(day + 1)}>
                  {name}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <div className={styles['times']}>
            <TextInput aria-label={`From of window ${index + 1}`} className="mono-input" placeholder="08:00" w={76} value={window.from} error={errors[`${path}.${index}.from`]} onChange={(event) => change(index, { from: event.currentTarget.value })} />
            <span>to</span>
            <TextInput aria-label={`To of window ${index + 1}`} className="mono-input" placeholder="18:00" w={76} value={window.to} error={errors[`${path}.${index}.to`]} onChange={(event) => change(index, { to: event.currentTarget.value })} />
            <Select aria-label={`Time zone of window ${index + 1}`} searchable allowDeselect={false} limit={60} data={timezones} className={styles['zone'] ?? ''} value={window.timezone} error={errors[`${path}.${index}.timezone`]} onChange={(zone) => change(index, { timezone: zone ?? window.timezone })} />
            <Tooltip label="Remove the window">
              <ActionIcon variant="subtle" color="gray" size={34} aria-label={`Remove window ${index + 1}`} onClick={() => onChange(windows.filter((_, at) => at !== index))}>
                <IconTrash size={16} stroke={1.6} />
              </ActionIcon>
            </Tooltip>
          </div>
          {errors[`${path}.${index}.days`] === undefined ? null : <span role="alert" className={styles['error']}>{errors[`${path}.${index}.days`]}</span>}
        </div>
      ))}
      <div>
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={() => onChange([...windows, newWindow()])}>
          Add time window
        </Button>
      </div>
    </div>
  );
}

import { Tooltip } from '@mantine/core';
import { IconBroadcast, IconRefresh } from '@tabler/icons-react';
import { useLiveState } from '../../api/live.ts';
import styles from './LiveMark.module.css';

const words = {
  connecting: { word: 'Connecting', hint: 'Opening the event stream.' },
  live: { word: 'Live', hint: 'Everything shown follows the event stream; nothing needs reloading.' },
  reconnecting: { word: 'Reconnecting', hint: 'The control plane does not answer. What you see is the last known state; the nodes keep routing.' },
} as const;

/** Whether what is shown is live. */
export function LiveMark() {
  const state = useLiveState();
  const Icon = state === 'reconnecting' ? IconRefresh : IconBroadcast;
  return (
    <Tooltip label={words[state].hint} multiline w={240}>
      <span className={styles['root']} data-state={state} role="status">
        <Icon size={15} stroke={1.8} aria-hidden />
        <span className={styles['word']}>{words[state].word}</span>
      </span>
    </Tooltip>
  );
}

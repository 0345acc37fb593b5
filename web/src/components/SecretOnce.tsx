import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import styles from './SecretOnce.module.css';

/** Said before a drawer with a secret is left by anything but its own button. */
export const lastLook = 'The token is not shown again. Without a copy of it you would have to make another one.';

/** A secret that is never shown again, with the button that copies it. `name`: what it is ("token"). */
export function SecretOnce({ secret, name }: { readonly secret: string; readonly name: string }) {
  return (
    <div className={styles['root']}>
      <code className={`mono ${styles['text'] ?? ''}`}>{secret}</code>
      <CopyButton value={secret} timeout={2000}>
        {({ copied, copy }) => (
          <Button variant="default" size="xs" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={copy}>
            {copied ? 'Copied' : `Copy the ${name}`}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

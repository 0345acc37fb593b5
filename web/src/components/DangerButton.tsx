import { Button, Group, Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Failure } from './Form.tsx';
import { fireAndReport } from '../lib/fire-and-report.ts';

interface Props {
  /** What the button says: the act itself. */
  readonly label: string;
  /** In a row of a table: small, and whose row it is, for those who hear the button alone. */
  readonly of?: string;
  readonly title: string;
  /** What the act touches. */
  readonly children: ReactNode;
  readonly act: () => Promise<unknown>;
}

/** An act that cannot be undone with one click: says what it touches before it happens. */
export function DangerButton({ label, of, title, children, act }: Props) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const run = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await act();
      setAsking(false);
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button variant="subtle" color="red" c="var(--sb-down)" {...(of === undefined ? {} : { size: 'compact-xs', 'aria-label': `${label} ${of}` })} onClick={() => setAsking(true)}>
        {label}
      </Button>
      {/* A dialog's header is no banner of the page. */}
      <Modal opened={asking} onClose={() => setAsking(false)} title={title} centered size="md" closeButtonProps={{ 'aria-label': 'Close' }} attributes={{ header: { role: 'presentation' } }}>
        <Failure error={failure} />
        <div style={{ lineHeight: 1.55 }}>{children}</div>
        <Group justify="flex-end" mt="lg" gap="xs">
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
          <Button color="red.9" loading={busy} onClick={() => fireAndReport(run())}>
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

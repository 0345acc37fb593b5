import { Button, CloseButton, Drawer, Group, Modal } from '@mantine/core';
import { useBlocker, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { clearWrite } from '../api/writes.ts';
import { fireAndReport } from '../lib/fire-and-report.ts';
import type { ConsoleSearch } from '../lib/search.ts';
import { RevisionMark } from './RevisionMark.tsx';
import styles from './EntityDrawer.module.css';

interface Props {
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly size?: number | undefined;
  /** Buttons of the foot; the revision mark stands beside them. */
  readonly actions?: ReactNode;
  /** Acts on the left of the foot, away from Save. */
  readonly danger?: ReactNode;
  /** What goes away when the drawer is left now; asked about first, whatever leads away: Escape, Back, a link, the palette. */
  readonly loses?: string | undefined;
  readonly children: ReactNode;
}

const closed = (old: ConsoleSearch): ConsoleSearch => ({ ...old, open: undefined, create: undefined, destination: undefined });
const always = () => true;

/** Whether the URL asks for a drawer, and how to close or move it. */
export function useDrawer() {
  const { open, create } = useSearch({ strict: false });
  const navigate = useNavigate();
  // After a save or a deletion nothing is lost: these ask nobody.
  const close = () => fireAndReport(navigate({ to: '.', search: closed, ignoreBlocker: true }));
  const show = (key: string) => fireAndReport(navigate({ to: '.', search: (old) => ({ ...old, open: key, create: undefined }), replace: true, ignoreBlocker: true }));
  const startNew = (what = '1') => {
    clearWrite();
    fireAndReport(navigate({ to: '.', search: (old) => ({ ...old, open: undefined, create: what }) }));
  };
  return { open, creating: create !== undefined, create, close, show, startNew };
}

/** One entity beside its list. The URL names it, so the drawer can be shared and closed with Back. */
export function EntityDrawer({ title, about, size = 560, actions, danger, loses, children }: Props) {
  const { creating } = useDrawer();
  const navigate = useNavigate();
  const leaving = useBlocker({ shouldBlockFn: always, disabled: loses === undefined, enableBeforeUnload: loses !== undefined, withResolver: true });
  const asking = leaving.status === 'blocked';
  const leave = () => fireAndReport(navigate({ to: '.', search: closed }));
  return (
    <Drawer.Root opened onClose={leave} closeOnEscape={!asking} position="right" size={size} transitionProps={{ duration: 140 }}>
      <Drawer.Overlay backgroundOpacity={0.22} />
      <Drawer.Content className={styles['content'] ?? ''}>
        <div className={styles['head']}>
          {/* A new form starts in its first field; an opened entity is read first. */}
          <div className={styles['words']} tabIndex={-1} data-autofocus={creating ? undefined : true}>
            <Drawer.Title className={styles['title'] ?? ''}>{title}</Drawer.Title>
            {about === undefined ? null : <div className={styles['about']}>{about}</div>}
          </div>
          <CloseButton aria-label="Close" onClick={leave} />
        </div>
        <div className={styles['body']}>{children}</div>
        <Modal opened={asking} onClose={() => leaving.reset?.()} title="Leave without saving?" centered size="sm" closeButtonProps={{ 'aria-label': 'Stay' }} attributes={{ header: { role: 'presentation' } }}>
          <div style={{ lineHeight: 1.55 }}>{loses}</div>
          <Group justify="flex-end" mt="lg" gap="xs">
            <Button variant="default" data-autofocus onClick={() => leaving.reset?.()}>
              Stay here
            </Button>
            <Button color="red.9" onClick={() => leaving.proceed?.()}>
              Discard
            </Button>
          </Group>
        </Modal>
        {actions === undefined && danger === undefined ? null : (
          <div className={styles['foot']}>
            {danger}
            <div className={styles['mark']}>
              <RevisionMark />
            </div>
            {actions}
          </div>
        )}
      </Drawer.Content>
    </Drawer.Root>
  );
}

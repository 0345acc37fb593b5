import { CloseButton, Drawer } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { clearWrite } from '../api/writes.ts';
import { fireAndReport } from '../lib/fire-and-report.ts';
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
  readonly children: ReactNode;
}

/** Whether the URL asks for a drawer, and how to close or move it. */
export function useDrawer() {
  const { open, create } = useSearch({ strict: false });
  const navigate = useNavigate();
  const close = () =>
    fireAndReport(navigate({ to: '.', search: (old) => ({ ...old, open: undefined, create: undefined, destination: undefined }) }));
  const show = (key: string) => fireAndReport(navigate({ to: '.', search: (old) => ({ ...old, open: key, create: undefined }), replace: true }));
  const startNew = (what = '1') => {
    clearWrite();
    fireAndReport(navigate({ to: '.', search: (old) => ({ ...old, open: undefined, create: what }) }));
  };
  return { open, creating: create !== undefined, create, close, show, startNew };
}

/** One entity beside its list. The URL names it, so the drawer can be shared and closed with Back. */
export function EntityDrawer({ title, about, size = 560, actions, danger, children }: Props) {
  const { close, creating } = useDrawer();
  return (
    <Drawer.Root opened onClose={close} position="right" size={size} transitionProps={{ duration: 140 }}>
      <Drawer.Overlay backgroundOpacity={0.22} />
      <Drawer.Content className={styles['content'] ?? ''}>
        <div className={styles['head']}>
          {/* A new form starts in its first field; an opened entity is read first. */}
          <div className={styles['words']} tabIndex={-1} data-autofocus={creating ? undefined : true}>
            <Drawer.Title className={styles['title'] ?? ''}>{title}</Drawer.Title>
            {about === undefined ? null : <div className={styles['about']}>{about}</div>}
          </div>
          <CloseButton aria-label="Close" onClick={close} />
        </div>
        <div className={styles['body']}>{children}</div>
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

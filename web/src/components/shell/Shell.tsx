import { Drawer } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { openLive } from '../../api/live.ts';
import { clearWrite } from '../../api/writes.ts';
import { PaletteHost } from './PaletteHost.tsx';
import { Rail } from './Rail.tsx';
import { StatusStrip } from './StatusStrip.tsx';
import styles from './Shell.module.css';

/** The frame of every page behind the sign-in; it owns the one event stream. */
export function Shell() {
  const client = useQueryClient();
  const { pathname } = useLocation();
  const [railOpen, setRailOpen] = useState(false);

  useEffect(() => openLive(client), [client]);
  useEffect(() => {
    setRailOpen(false);
    clearWrite();
  }, [pathname]);

  return (
    <div className={styles['root']}>
      <a className={styles['skip']} href="#content">
        Skip to content
      </a>
      <aside className={styles['rail']}>
        <Rail />
      </aside>
      {railOpen ? (
        <Drawer.Root opened onClose={() => setRailOpen(false)} position="left" size={250}>
          <Drawer.Overlay backgroundOpacity={0.28} />
          <Drawer.Content>
            <Drawer.Title className="visually-hidden">Pages</Drawer.Title>
            <Rail />
          </Drawer.Content>
        </Drawer.Root>
      ) : null}
      <div className={styles['column']}>
        <StatusStrip onOpenRail={() => setRailOpen(true)} />
        <main id="content" className={styles['content']} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <PaletteHost />
    </div>
  );
}

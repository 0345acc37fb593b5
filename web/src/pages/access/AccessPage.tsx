import { Button } from '@mantine/core';
import { IconKey, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { mayManage, sessionQuery } from '../../api/session.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { Panel } from '../../components/Panel.tsx';
import styles from './AccessPage.module.css';
import { OpenedUser } from './UserDrawer.tsx';
import { PasswordDrawer } from './PasswordDrawer.tsx';
import { TokenDrawer } from './TokenDrawer.tsx';
import { TokensPanel } from './TokensPanel.tsx';
import { UsersPanel } from './UsersPanel.tsx';

/** People, API tokens and one's own password. Only owners see the first two. */
export function AccessPage() {
  const { data: user } = useQuery(sessionQuery);
  const { open, create, startNew } = useDrawer();
  const owner = mayManage(user);
  return (
    <>
      <PageHeader
        title="Access"
        about="Who may sign in here, and which programs may use the API."
        actions={
          <Button variant="default" leftSection={<IconKey size={15} />} onClick={() => startNew('password')}>
            Change my password
          </Button>
        }
      />
      {owner ? (
        <div className={styles['lists']}>
          <UsersPanel />
          <TokensPanel />
        </div>
      ) : (
        <Panel flush>
          <EmptyState icon={<IconLock size={22} stroke={1.6} />} title="Owners manage users and API tokens">
            Your role is {user?.role}. To add a person, to change a role or to make an API token, ask an owner of this installation. Your own password you
            can change here.
          </EmptyState>
        </Panel>
      )}
      {owner && open !== undefined ? <OpenedUser key={open} id={open} /> : null}
      {owner && create === 'user' ? <OpenedUser id={null} /> : null}
      {owner && create === 'token' ? <TokenDrawer /> : null}
      {create === 'password' ? <PasswordDrawer /> : null}
    </>
  );
}

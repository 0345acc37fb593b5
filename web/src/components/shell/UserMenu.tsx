import { Menu, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconCheck, IconDeviceDesktop, IconKey, IconLogout, IconMoon, IconSelector, IconSun } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { sessionQuery, signOut } from '../../api/session.ts';
import { fireAndReport } from '../../lib/fire-and-report.ts';
import styles from './UserMenu.module.css';

const schemes: readonly { readonly value: MantineColorScheme; readonly label: string; readonly icon: typeof IconSun }[] = [
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
  { value: 'auto', label: 'As the system', icon: IconDeviceDesktop },
];

/** Who is signed in; theme, own password and sign-out. */
export function UserMenu() {
  const { data: user } = useQuery(sessionQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const client = useQueryClient();
  const navigate = useNavigate();
  if (user === null || user === undefined) return null;
  const leave = async () => {
    await signOut();
    client.clear();
    await navigate({ to: '/sign-in' });
  };
  const name = user.name === '' ? user.email : user.name;
  return (
    <Menu position="top-start" width={196}>
      <Menu.Target>
        <UnstyledButton className={styles['root'] ?? ''} aria-label={`Signed in as ${name}; theme, password and sign-out`}>
          <span className={styles['initial']} aria-hidden>
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span className={styles['words']}>
            <span className={styles['name']}>{name}</span>
            <span className={styles['role']}>{user.role}</span>
          </span>
          <IconSelector size={15} stroke={1.6} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Theme</Menu.Label>
        {schemes.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={15} stroke={1.6} />}
            rightSection={colorScheme === value ? <IconCheck size={14} aria-label="chosen" /> : null}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconKey size={15} stroke={1.6} />} onClick={() => fireAndReport(navigate({ to: '/access', search: { create: 'password' } }))}>
          Change password
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} stroke={1.6} />} onClick={() => fireAndReport(leave())}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

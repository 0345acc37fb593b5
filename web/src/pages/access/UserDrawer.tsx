import { PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { User } from '../../../../controlplane/contract/index.ts';
import { changeUser, createUser, removeUser, userQuery } from '../../api/access.ts';
import { sessionQuery } from '../../api/session.ts';
import { useRefresh } from '../../api/use-write.ts';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { useDrawer } from '../../components/EntityDrawer.tsx';
import { Section, useEntityForm } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { roleOptions, roleText } from '../../lib/roles.ts';
import { userPatch, userValues } from './access-form.ts';

/** The drawer of one user; null = of a new one. */
export function OpenedUser({ id }: { readonly id: string | null }) {
  if (id === null) return <UserDrawer user={null} />;
  return <DrawerQuery title="User" query={userQuery(id)}>{(user) => <UserDrawer user={user} />}</DrawerQuery>;
}

function UserDrawer({ user }: { readonly user: User | null }) {
  const { data: me } = useQuery(sessionQuery);
  const { close } = useDrawer();
  const refresh = useRefresh();
  const self = user !== null && user.id === me?.id;
  const { form, ...entity } = useEntityForm({
    initial: userValues(user),
    save: async (values) => {
      if (user === null) {
        const { email, name, role, password } = values;
        await createUser({ email: email.trim(), name: name.trim(), role, password });
      } else {
        const patch = userPatch(user, values);
        if (Object.keys(patch).length > 0) await changeUser(user.id, patch);
      }
      refresh('users', 'session');
      close();
    },
  });
  const remove = async () => {
    if (user === null) return;
    await removeUser(user.id);
    refresh('users');
    close();
  };
  const password = (
    <PasswordInput
      label={user === null ? 'Password' : 'New password'}
      description={user === null ? 'At least 10 characters. Hand it over in person; its owner can change it here.' : 'At least 10 characters; empty = stays as it is.'}
      autoComplete="new-password"
      {...form.getInputProps('password')}
    />
  );
  return (
    <FormDrawer
      entity={{ ...entity, remove }}
      noun="user"
      adds="Add user"
      about="A person who may sign in to this console."
      stored={
        user && {
          name: user.email,
          title: user.email,
          about: <StateBadge tone={user.disabled ? 'disabled' : 'up'}>{user.disabled ? 'disabled' : 'enabled'}</StateBadge>,
          removing: self ? 'This is you: you are signed out at once, and somebody else has to let you in again.' : 'Their sessions end at once. What they changed stays, with their name in the history. Tokens that they made stay, too: revoke those apart.',
        }
      }
    >
      <Section title="Person">
        {user === null ? <TextInput label="Email" type="email" autoComplete="off" data-autofocus description="What they sign in with; stays for ever" {...form.getInputProps('email')} /> : null}
        <TextInput label="Name" autoComplete="off" {...form.getInputProps('name')} />
        <Select label="Role" allowDeselect={false} data={[...roleOptions]} description={roleText[form.values.role]} {...form.getInputProps('role')} />
      </Section>
      {user === null ? (
        <Section title="First password">{password}</Section>
      ) : (
        <Section title="Signing in" about={self ? 'You are signed out elsewhere when you change your role or password.' : 'A new role, a new password or disabling ends the sessions of this person.'}>
          {password}
          <Switch label="Disabled" description="Cannot sign in; nothing else is lost" checked={form.values.disabled} onChange={(event) => form.setFieldValue('disabled', event.currentTarget.checked)} />
        </Section>
      )}
    </FormDrawer>
  );
}

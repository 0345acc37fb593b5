import { Button, PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { changePassword } from '../../api/access.ts';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Failure, Section, unsaved, useEntityForm } from '../../components/Form.tsx';
import styles from '../../components/Form.module.css';

/** One's own password, whatever the role. */
export function PasswordDrawer() {
  const { close } = useDrawer();
  const { form, dirty, saving, failure, submit } = useEntityForm({
    initial: { current: '', next: '' },
    save: async (values) => {
      await changePassword(values);
      close();
      notifications.show({ color: 'gray', title: 'Your password is changed', message: 'You stay signed in here; all your other sessions have ended.', autoClose: 6000 });
    },
  });
  return (
    <EntityDrawer
      title="Change my password"
      about="Signs you out everywhere else."
      loses={dirty ? unsaved : undefined}
      actions={
        <Button loading={saving} onClick={() => submit()}>
          Change password
        </Button>
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit} className={styles['form']}>
        <Section title="Password">
          <PasswordInput label="Present password" autoComplete="current-password" data-autofocus {...form.getInputProps('current')} />
          <PasswordInput label="New password" description="At least 10 characters. A sentence is easier to keep than a riddle." autoComplete="new-password" {...form.getInputProps('next')} />
        </Section>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

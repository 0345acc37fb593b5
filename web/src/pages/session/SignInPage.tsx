import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { sessionQuery, setupQuery, signIn } from '../../api/session.ts';
import { Failure, useEntityForm } from '../../components/Form.tsx';
import { SessionFrame } from './SessionFrame.tsx';

/** Only addresses of this console: a sign-in link must not lead elsewhere. */
const ownPath = (next: string | undefined): string => (next !== undefined && /^\/(?![/\\])/.test(next) ? next : '/');

export function SignInPage() {
  const { next } = useSearch({ strict: false });
  const router = useRouter();
  const client = useQueryClient();
  const setup = useQuery(setupQuery);
  const { form, saving, failure, submit } = useEntityForm({
    initial: { email: '', password: '' },
    save: async (values) => {
      const session = await signIn(values);
      client.setQueryData(sessionQuery.queryKey, session.user);
      router.history.push(ownPath(next));
    },
  });
  useEffect(() => {
    document.title = 'Sign in · Signalbox';
  }, []);
  return (
    <SessionFrame
      title="Sign in"
      about="The console of your SIP edge."
      foot={
        setup.data?.needed === true
          ? 'Nobody owns this installation yet. Open the set-up link that the control plane printed when it started; it is in its log, too.'
          : undefined
      }
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <TextInput label="Email" type="email" autoComplete="username" required withAsterisk={false} autoFocus {...form.getInputProps('email')} />
        <PasswordInput label="Password" autoComplete="current-password" required withAsterisk={false} {...form.getInputProps('password')} />
        <Button type="submit" size="sm" loading={saving} mt={6}>
          Sign in
        </Button>
      </form>
    </SessionFrame>
  );
}

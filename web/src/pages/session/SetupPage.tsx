import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { sessionQuery, setUp, setupQuery } from '../../api/session.ts';
import { ButtonLink } from '../../components/ButtonLink.tsx';
import { Failure, useEntityForm } from '../../components/Form.tsx';
import { SessionFrame } from './SessionFrame.tsx';

export function SetupPage() {
  const { token = '' } = useSearch({ strict: false });
  const navigate = useNavigate();
  const client = useQueryClient();
  const setup = useQuery(setupQuery);
  const { form, saving, failure, submit } = useEntityForm({
    initial: { name: '', email: '', password: '' },
    save: async (values) => {
      const session = await setUp({ token, ...values });
      client.setQueryData(sessionQuery.queryKey, session.user);
      client.setQueryData(setupQuery.queryKey, { needed: false });
      await navigate({ to: '/', search: {} });
    },
  });
  useEffect(() => {
    document.title = 'Set up · Signalbox';
  }, []);

  if (setup.data?.needed === false && !saving) {
    return (
      <SessionFrame title="Already set up" about="This installation has an owner; the set-up link has done its work.">
        <ButtonLink to="/sign-in" size="sm" fullWidth>
          Go to sign-in
        </ButtonLink>
      </SessionFrame>
    );
  }
  return (
    <SessionFrame
      title="Create the owner account"
      about="The owner may do everything here: routing, nodes, tokens, other people."
      foot={token === '' ? 'This address has no set-up token. Open the whole link that the control plane printed.' : 'This link works once.'}
    >
      <Failure error={failure} />
      <form onSubmit={submit}>
        <TextInput label="Your name" autoComplete="name" required withAsterisk={false} autoFocus {...form.getInputProps('name')} />
        <TextInput label="Email" type="email" autoComplete="username" required withAsterisk={false} {...form.getInputProps('email')} />
        <PasswordInput
          label="Password"
          description="At least 10 characters. A sentence is easier to keep than a riddle."
          autoComplete="new-password"
          required
          withAsterisk={false}
          {...form.getInputProps('password')}
        />
        <Button type="submit" size="sm" loading={saving} disabled={token === ''} mt={6}>
          Create account and open the console
        </Button>
      </form>
    </SessionFrame>
  );
}

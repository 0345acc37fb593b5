import { Button, Code, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JoinTokenCreated } from '../../../../controlplane/contract/index.ts';
import { createJoinToken } from '../../api/live-queries.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { lastLook, SecretOnce } from '../../components/SecretOnce.tsx';
import { exactTime } from '../../lib/time.ts';
import styles from './JoinDrawer.module.css';

/** The push channel's address as a new node has to write it. */
function controlUrl(): string {
  const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${window.location.host}/sync/v1`;
}

/** Makes a one-time join token and shows it, with the command, this once. */
export function JoinDrawer() {
  const { close } = useDrawer();
  const [created, setCreated] = useState<JoinTokenCreated | null>(null);
  const { form, saving, failure, submit } = useEntityForm({
    initial: { name: '' },
    save: async ({ name }) => setCreated(await createJoinToken(name === '' ? {} : { name })),
  });
  if (created === null) {
    return (
      <EntityDrawer
        title="Join a node"
        about="Another data plane for this installation."
        actions={
          <Button loading={saving} onClick={() => submit()}>
            Make a join token
          </Button>
        }
      >
        <Failure error={failure} />
        <form onSubmit={submit}>
          <TextInput label="Note" description="What the token is for; the node names itself" placeholder="ams-2" data-autofocus {...form.getInputProps('name')} />
        </form>
      </EntityDrawer>
    );
  }
  const command = `SIGNALBOX_CONTROL_URL=${controlUrl()} SIGNALBOX_JOIN_TOKEN=${created.token} npm run dataplane`;
  return (
    <EntityDrawer title="Join a node" about="The token is shown this once." loses={lastLook} actions={<Button onClick={close}>Done</Button>}>
      <Section title="One-time token" about={`Good until ${exactTime(created.expiresAtMs)}, for one node.`}>
        <SecretOnce secret={created.token} name="token" />
      </Section>
      <Section title="Run this on the new machine" about="In a clone of the project. The node then keeps a token of its own in its data folder.">
        <Code block className={styles['command'] ?? ''}>
          {command}
        </Code>
        <div>
          <Copyable value={command} label="Copy the command" />
        </div>
      </Section>
    </EntityDrawer>
  );
}

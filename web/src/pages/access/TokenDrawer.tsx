import { Button, Checkbox, Code, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ApiTokenCreated } from '../../../../controlplane/contract/index.ts';
import { createToken } from '../../api/access.ts';
import { useRefresh } from '../../api/use-write.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Columns, Section, useEntityForm } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { lastLook, SecretOnce } from '../../components/SecretOnce.tsx';
import { permissionText, roleOptions, rolePermissions, roleText } from '../../lib/roles.ts';
import { exactTime } from '../../lib/time.ts';
import { lifetimes, newToken, tokenBody } from './access-form.ts';

/** Makes an API token and shows its secret this once. */
export function TokenDrawer() {
  const [created, setCreated] = useState<ApiTokenCreated | null>(null);
  return created === null ? <TokenForm made={setCreated} /> : <MadeToken token={created} />;
}

function TokenForm({ made }: { readonly made: (token: ApiTokenCreated) => void }) {
  const refresh = useRefresh();
  const { form, ...entity } = useEntityForm({
    initial: newToken,
    save: async (values) => {
      if (values.scopes.length === 0) throw new Error('A token that may do nothing is of no use: leave at least one permission.');
      made(await createToken(tokenBody(values, Date.now())));
      refresh('tokens');
    },
    path: (at) => (at === 'expiresAtMs' ? 'days' : at.startsWith('scopes') ? 'scopes' : at),
  });
  const { role } = form.values;
  return (
    <FormDrawer entity={entity} noun="API token" stored={null} about="For one program, so that it can be revoked alone.">
      <Section title="Token">
        <TextInput label="Name" description="Which program it is for; revisions show it as their author" placeholder="provisioning" data-autofocus {...form.getInputProps('name')} />
        <Columns>
          <Select
            label="Role"
            allowDeselect={false}
            data={[...roleOptions]}
            description={roleText[role]}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={role}
            onChange={(next) => {
              const chosen = roleOptions.find(({ value }) => value === next)?.value ?? role;
              form.setValues({ role: chosen, scopes: [...rolePermissions[chosen]] });
            }}
          />
          <Select label="Expires" allowDeselect={false} data={[...lifetimes]} {...form.getInputProps('days')} />
        </Columns>
      </Section>
      <Section title="What it may do" about="At most what its role may. Take away what the program does not need.">
        <Checkbox.Group aria-label="What it may do" {...form.getInputProps('scopes')}>
          <div style={{ display: 'grid', gap: 10 }}>
            {rolePermissions[role].map((each) => (
              <Checkbox key={each} value={each} label={permissionText[each]} description={<span className="mono">{each}</span>} />
            ))}
          </div>
        </Checkbox.Group>
      </Section>
    </FormDrawer>
  );
}

function MadeToken({ token }: { readonly token: ApiTokenCreated }) {
  const { close } = useDrawer();
  const command = `curl -H 'authorization: Bearer ${token.token}' ${window.location.origin}/api/v1/overview`;
  return (
    <EntityDrawer title={token.name} about="The token is shown this once." loses={lastLook} actions={<Button onClick={close}>Done</Button>}>
      <Section title="API token" about={`Copy it now: only its hash is kept. ${token.expiresAtMs === null ? 'It does not expire.' : `Good until ${exactTime(token.expiresAtMs)}.`}`}>
        <SecretOnce secret={token.token} name="token" />
      </Section>
      <Section title="Try it" about="Programs send it as a header with every request.">
        <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {command}
        </Code>
        <div>
          <Copyable value={command} label="Copy the command" />
        </div>
      </Section>
    </EntityDrawer>
  );
}

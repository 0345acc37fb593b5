import { Alert, Button, Textarea, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import type { Certificate } from '../../../../controlplane/contract/index.ts';
import { certificates } from '../../api/resources.ts';
import { useMayWrite, useRefresh } from '../../api/use-write.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { DangerButton } from '../../components/DangerButton.tsx';
import { DrawerQuery } from '../../components/DrawerQuery.tsx';
import { EntityDrawer, useDrawer } from '../../components/EntityDrawer.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Failure, Section, useEntityForm } from '../../components/Form.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { exactTime, useNow } from '../../lib/time.ts';
import { expiryState } from './certificate-state.ts';

const drawerWidth = 640;
const pemRows = 6;

export function CertificateDrawer({ name }: { readonly name: string | null }) {
  return (
    <DrawerQuery title={name ?? 'Add certificate'} size={drawerWidth} query={name === null ? null : certificates.one(name)}>
      {(certificate) => <CertificateForm certificate={certificate} />}
    </DrawerQuery>
  );
}

function CertificateForm({ certificate }: { readonly certificate: Certificate | null }) {
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const writable = useMayWrite();
  const now = useNow();
  // What somebody else saves meanwhile must not slip under the form unseen: it stays with what it was filled from.
  const [basis, setBasis] = useState(certificate);
  const { form, saving, failure, submit } = useEntityForm({
    initial: { name: '', chain: '', key: '', comment: certificate?.comment ?? '' },
    save: async ({ name, ...body }) => {
      const key = certificate?.name ?? name.trim();
      setBasis(await (basis === null ? certificates.add(key, body) : certificates.replace(key, body, basis.version)));
      refresh('certificates');
      if (certificate === null) show(key);
      // The pasted key is not kept in the page.
      else form.setValues({ chain: '', key: '' });
    },
    path: (path) => (path === '' || path.startsWith(':') ? 'name' : path),
  });
  const remove = async (name: string) => {
    await certificates.remove(name);
    refresh('certificates');
    close();
  };
  const state = certificate === null ? null : expiryState(certificate.notAfterMs, now);
  return (
    <EntityDrawer
      size={drawerWidth}
      title={certificate === null ? 'Add certificate' : <span className="mono" style={{ fontSize: 16 }}>{certificate.name}</span>}
      about={state === null ? 'Checked when it is saved; the key is sealed and never shown again.' : <StateBadge tone={state.tone}>{state.word}</StateBadge>}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {certificate === null ? 'Add certificate' : 'Replace'}
          </Button>
        ) : undefined
      }
      danger={
        certificate === null || !writable ? undefined : (
          <DangerButton label="Delete certificate" title={`Delete ${certificate.name}?`} act={() => remove(certificate.name)}>
            New connections for {certificate.names.join(', ')} get another certificate that has the name, else the one called default, else any
            other: phones may not trust it. Open connections stay.
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      {certificate === null ? null : (
        <Section title="Certificate">
          {certificate.warnings.map(({ message }) => (
            <Alert key={message} color="yellow" variant="light" icon={<IconAlertTriangle size={17} />}>
              {message.charAt(0).toUpperCase() + message.slice(1)}.
            </Alert>
          ))}
          <Facts
            facts={[
              ['For', certificate.names.join(', ')],
              ['Subject', certificate.subject],
              ['Issuer', certificate.issuer],
              ['Valid from', exactTime(certificate.notBeforeMs)],
              ['Valid until', exactTime(certificate.notAfterMs)],
              ['Key', certificate.keyType],
              ['SHA-256', <Copyable key="fingerprint" value={certificate.fingerprint} />],
              ['Chain', <Copyable key="chain" value={certificate.chain} label="Copy the PEM chain" />],
            ]}
          />
        </Section>
      )}
      {writable ? (
        <form onSubmit={submit}>
          <button type="submit" hidden aria-hidden tabIndex={-1} />
          <Section title={certificate === null ? 'New certificate' : 'Replace'} {...(certificate === null ? {} : { about: 'A renewed certificate, with its key. Connections that are open keep the old one.' })}>
            {certificate === null ? (
              <TextInput label="Name" description="Yours to choose; the one called default serves names that no other has" className="mono-input" placeholder="acme" data-autofocus {...form.getInputProps('name')} />
            ) : null}
            <Textarea label="Chain" description="PEM: the certificate itself, then its issuers in order" placeholder="-----BEGIN CERTIFICATE-----" rows={pemRows} className="mono-input" spellCheck={false} autoComplete="off" {...form.getInputProps('chain')} />
            <Textarea label="Private key" description="PEM, not encrypted" placeholder="-----BEGIN PRIVATE KEY-----" rows={pemRows} className="mono-input" spellCheck={false} autoComplete="off" {...form.getInputProps('key')} />
            <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
          </Section>
        </form>
      ) : null}
    </EntityDrawer>
  );
}

import { Alert, Textarea, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Certificate } from '../../../../controlplane/contract/index.ts';
import { certificates } from '../../api/resources.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { Copyable } from '../../components/Copyable.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Section } from '../../components/Form.tsx';
import { FormDrawer } from '../../components/FormDrawer.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { useKeyedEntity } from '../../components/stored-form.ts';
import { exactTime, useNow } from '../../lib/time.ts';
import { expiryState } from './certificate-state.ts';

export const certificateDrawerWidth = 640;
const pemRows = 6;

export function CertificateDrawer({ certificate }: { readonly certificate: Certificate | null }) {
  const writable = useMayWrite();
  const now = useNow();
  const { form, ...entity } = useKeyedEntity({
    stored: certificate,
    store: { ...certificates, edit: certificates.replace },
    key: 'name',
    initial: { name: '', chain: '', key: '', comment: certificate?.comment ?? '' },
    body: ({ name: _name, ...body }) => body,
    refreshes: ['certificates'],
    // The pasted key is not kept in the page.
    refill: () => ({ chain: '', key: '' }),
  });
  const state = expiryState(certificate?.notAfterMs ?? 0, now);
  return (
    <FormDrawer
      entity={entity}
      noun="certificate"
      adds="Add certificate"
      saves="Replace"
      about="Checked when it is saved; the key is sealed and never shown again."
      size={certificateDrawerWidth}
      stored={
        certificate && {
          name: certificate.name,
          about: <StateBadge tone={state.tone}>{state.word}</StateBadge>,
          removing: `New connections for ${certificate.names.join(', ')} get another certificate that has the name, else the one called default, else any other: phones may not trust it. Open connections stay.`,
        }
      }
      above={
        certificate && (
          <Section title="Certificate">
            {certificate.warnings.map(({ message }) => (
              <Alert key={message} color="yellow" icon={<IconAlertTriangle size={17} />}>
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
        )
      }
    >
      {writable ? (
        <Section title={certificate === null ? 'New certificate' : 'Replace'} about={certificate === null ? undefined : 'A renewed certificate, with its key. Connections that are open keep the old one.'}>
          {certificate === null ? (
            <TextInput label="Name" description="Yours to choose; the one called default serves names that no other has" className="mono-input" placeholder="acme" data-autofocus {...form.getInputProps('name')} />
          ) : null}
          <Textarea label="Chain" description="PEM: the certificate itself, then its issuers in order" placeholder="-----BEGIN CERTIFICATE-----" rows={pemRows} className="mono-input" spellCheck={false} autoComplete="off" {...form.getInputProps('chain')} />
          <Textarea label="Private key" description="PEM, not encrypted" placeholder="-----BEGIN PRIVATE KEY-----" rows={pemRows} className="mono-input" spellCheck={false} autoComplete="off" {...form.getInputProps('key')} />
          <Textarea label="Comment" autosize minRows={2} {...form.getInputProps('comment')} />
        </Section>
      ) : null}
    </FormDrawer>
  );
}

import { Button, NumberInput, Select, Switch, TagsInput, Textarea } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Setting } from '../../../../controlplane/contract/index.ts';
import { editSettings } from '../../api/settings.ts';
import { useMayWrite } from '../../api/use-write.ts';
import { Columns, Failure } from '../../components/Form.tsx';
import { Panel } from '../../components/Panel.tsx';
import { useStoredForm } from '../../components/stored-form.ts';
import { Rtpengines } from './Rtpengines.tsx';
import { settingBody, settingValues } from './setting-form.ts';
import styles from './SettingsForm.module.css';

const methods = [
  { value: 'any', label: 'Any: unknown methods pass, too' },
  { value: 'iana', label: 'Registered: every method that IANA lists' },
  { value: 'strict', label: 'Strict: REGISTER, INVITE, ACK, BYE, CANCEL, OPTIONS' },
];

const unknownDomain = [
  { value: 'drop', label: 'Silence' },
  { value: '403', label: '403 Forbidden' },
  { value: '404', label: '404 Not Found' },
];

const clientCertificates = [
  { value: 'off', label: 'Not asked for' },
  { value: 'request', label: 'Asked for, not needed' },
  { value: 'require', label: 'Needed' },
];

const keepAlives = [
  { value: 'off', label: 'Off' },
  { value: 'crlf', label: 'CRLF: an empty packet' },
  { value: 'options', label: 'OPTIONS: the phone answers' },
];

const exhausted = [
  { value: 'refuse', label: 'Refused: 503' },
  { value: 'direct', label: 'Direct: their media goes from end to end' },
];

const latching = [
  { value: 'strict', label: 'Strict: only the address that its SDP names' },
  { value: 'sdp', label: 'SDP: the hosts that SDP and signalling name' },
  { value: 'loose', label: 'Loose: whoever sends first' },
];

function Group({ title, about, children }: { readonly title: string; readonly about: string; readonly children: ReactNode }) {
  return (
    <Panel title={title}>
      <div className={styles['fields']}>
        <p className={styles['about']}>{about}</p>
        {children}
      </div>
    </Panel>
  );
}

/** The settings as one form; saving changes what it shows. */
export function SettingsForm({ setting }: { readonly setting: Setting }) {
  const writable = useMayWrite();
  const { form, saving, failure, submit } = useStoredForm({
    stored: setting,
    initial: settingValues(setting),
    write: (values, basis) => editSettings(settingBody(values), basis.version),
    refreshes: ['settings'],
    path: (path) => (path.startsWith('scanners.') ? 'scanners' : path),
  });
  const kept = form.values.keepAlive.method !== 'off';
  return (
    <form onSubmit={submit} className={styles['form']}>
      <Failure error={failure} />
      <fieldset disabled={!writable} className={styles['groups']}>
        <Group title="Requests" about="What a node takes before it looks for a route.">
          <Columns>
            <Select label="Methods" allowDeselect={false} data={methods} {...form.getInputProps('methods')} />
            <Select label="Names that nobody owns get" allowDeselect={false} data={unknownDomain} {...form.getInputProps('unknownDomain')} />
          </Columns>
          <TagsInput label="Scanners" description="Part of a User-Agent; such requests get silence" splitChars={[',']} acceptValueOnBlur {...form.getInputProps('scanners')} />
          <Switch label="To must name the same domain as the Request-URI" description="Others get silence; REGISTER, requests in dialogs and trunks excepted" {...form.getInputProps('requireToMatch', { type: 'checkbox' })} />
        </Group>
        <Group title="TLS" about="For TLS and WSS listeners, and for destinations over TLS.">
          <Columns>
            <Select label="Oldest version" allowDeselect={false} data={['TLSv1.2', 'TLSv1.3']} {...form.getInputProps('tls.minVersion')} />
            <Select label="Certificates of clients" allowDeselect={false} data={clientCertificates} {...form.getInputProps('tls.clientCertificates')} />
          </Columns>
          <Switch label="Check certificates of destinations" description="They must fit the host that the destination names" {...form.getInputProps('tls.verifyDestinations', { type: 'checkbox' })} />
          <Textarea label="Further authorities" description="PEM, beside the system's: for clients and destinations" placeholder="-----BEGIN CERTIFICATE-----" className="mono-input" spellCheck={false} autosize minRows={2} maxRows={10} {...form.getInputProps('tls.ca')} />
        </Group>
        <Group title="Registrations" about="Against storms, when thousands of phones come back at once.">
          <Columns>
            <NumberInput label="REGISTERs a second and node" description="More get 503 with a spread Retry-After; 0 = no limit" min={0} thousandSeparator="," {...form.getInputProps('registration.perSecond')} />
            <NumberInput label="Spread of expiries" description="Granted times shortened by up to so much; 0 = as the PBX says" suffix=" %" min={0} max={90} {...form.getInputProps('registration.spreadPercent')} />
          </Columns>
        </Group>
        <Group title="Keep-alive" about="Towards registered phones behind NAT on UDP, so that calls still find the way in.">
          <Columns>
            <Select label="What is sent" allowDeselect={false} data={keepAlives} {...form.getInputProps('keepAlive.method')} />
            <NumberInput label="Every" suffix=" ms" min={5000} step={5000} thousandSeparator="," disabled={!kept} {...form.getInputProps('keepAlive.intervalMs')} />
          </Columns>
        </Group>
        <Group title="Media" about="Of calls whose tenant has its media relayed.">
          <Columns>
            <Select label="An end is learned from" description="Until then and afterwards others are dropped; tenants may differ" allowDeselect={false} data={latching} {...form.getInputProps('media.latching')} />
            <Select label="Calls without ports or engine are" description="When none are left" allowDeselect={false} data={exhausted} {...form.getInputProps('media.exhausted')} />
            <NumberInput label="Media ends when idle for" description="No packet from either side" suffix=" ms" min={10000} step={10000} thousandSeparator="," {...form.getInputProps('media.idleMs')} />
          </Columns>
          <Rtpengines engines={form.values.media.rtpengines} errors={form.errors} onChange={(rtpengines) => form.setFieldValue('media.rtpengines', rtpengines)} />
        </Group>
      </fieldset>
      {writable ? (
        <div className={styles['foot']}>
          <Button type="submit" loading={saving}>
            Save settings
          </Button>
        </div>
      ) : null}
    </form>
  );
}

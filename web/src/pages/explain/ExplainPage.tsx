import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { IconHelpHexagon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { ExplainAnswer } from '../../../../controlplane/contract/index.ts';
import { explain, nodesQuery } from '../../api/live-queries.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Fold } from '../../components/Fold.tsx';
import { Failure, useEntityForm } from '../../components/Form.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Decision } from './Decision.tsx';
import { explainBody, folded, searchOf, valuesOf } from './explain-form.ts';
import styles from './ExplainPage.module.css';

const methods = ['INVITE', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'OPTIONS', 'PUBLISH'];

/** "Why did this call go there?": a number and a source in, every step of the decision out. */
export function ExplainPage() {
  const asked = valuesOf(useSearch({ strict: false }));
  const navigate = useNavigate();
  const [answer, setAnswer] = useState<ExplainAnswer | null>(null);
  const [more, setMore] = useState(folded.some((field) => asked[field] !== ''));
  const { data: nodes = [] } = useQuery({ ...nodesQuery, enabled: more });
  const { form, saving, failure, submit } = useEntityForm({
    initial: asked,
    save: async (values) => {
      setAnswer(null);
      await navigate({ to: '.', search: searchOf(values), replace: true });
      setAnswer(await explain(explainBody(values)));
    },
    path: (at) => (at === 'atMs' ? 'at' : at.startsWith('headers') ? 'headers' : at),
  });
  // A shared address answers at once.
  useEffect(() => {
    if (asked.uri !== '') submit();
    // Only what the address said when the page opened.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
  return (
    <>
      <PageHeader title="Explain" about="Type a number and a source; see every step of the decision, made by the routing code itself on live health." />
      <div className={styles['columns']}>
        <Panel title="Request">
          <form onSubmit={submit} className={styles['form']}>
            <Select label="Method" allowDeselect={false} data={methods} {...form.getInputProps('method')} />
            <TextInput label="Request-URI" className="mono-input" placeholder="sip:1001@sip.acme.example" spellCheck={false} {...form.getInputProps('uri')} />
            <TextInput label="Source" className="mono-input" placeholder="udp:192.0.2.7:5060" description="Empty = a stranger on UDP, who is of no trunk" spellCheck={false} {...form.getInputProps('source')} />
            <Fold label="More: time, From, To, headers, node" open={more || folded.some((field) => form.errors[field] !== undefined)} onToggle={setMore}>
              <TextInput label="When" type="datetime-local" description="In your time zone, for rules with hours; empty = now" {...form.getInputProps('at')} />
              <TextInput label="From" className="mono-input" placeholder="sip:1002@sip.acme.example" description="Empty = as the Request-URI" spellCheck={false} {...form.getInputProps('from')} />
              <TextInput label="To" className="mono-input" placeholder="sip:1001@sip.acme.example" description="Empty = as the Request-URI" spellCheck={false} {...form.getInputProps('to')} />
              <TextInput label="Call-ID" className="mono-input" description="For sets that hash over it" spellCheck={false} {...form.getInputProps('callId')} />
              <TextInput label="User of the credentials" className="mono-input" description="For sets that hash over it" spellCheck={false} autoComplete="off" {...form.getInputProps('authUser')} />
              <Textarea label="Headers" className="mono-input" placeholder="X-Account: 4711" description="One a line, for sets that hash over one" autosize minRows={2} spellCheck={false} {...form.getInputProps('headers')} />
              <Select label="Health as seen by" placeholder="The first connected node" clearable data={nodes.filter((node) => node.state !== 'gone').map((node) => ({ value: node.id, label: node.name }))} {...form.getInputProps('node')} value={form.values.node === '' ? null : form.values.node} onChange={(node) => form.setFieldValue('node', node ?? '')} />
            </Fold>
            <Button type="submit" loading={saving} mt={4}>
              Explain
            </Button>
          </form>
        </Panel>
        <div className={styles['answer']}>
          <Failure error={failure} />
          {answer === null ? (
            failure === null ? (
              <Panel flush>
                <EmptyState icon={<IconHelpHexagon size={22} stroke={1.6} />} title="Nothing is sent">
                  The answer comes from the code that routes real calls, run on the present configuration and the health that a node sees. No
                  packet leaves and no destination loses its turn.
                </EmptyState>
              </Panel>
            ) : null
          ) : (
            <Decision answer={answer} />
          )}
        </div>
      </div>
    </>
  );
}

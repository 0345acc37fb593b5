import { Button, Select, TextInput } from '@mantine/core';
import { IconHelpHexagon } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { ExplainAnswer, ExplainBody } from '../../../../controlplane/contract/index.ts';
import { explain } from '../../api/live-queries.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Failure, useEntityForm } from '../../components/Form.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Decision } from './Decision.tsx';
import styles from './ExplainPage.module.css';

const methods = ['INVITE', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'OPTIONS', 'PUBLISH'];

function explainBody(values: { method: string; uri: string; source: string; from: string }): ExplainBody {
  return {
    method: values.method,
    uri: values.uri.trim(),
    ...(values.source.trim() === '' ? {} : { source: values.source.trim() }),
    ...(values.from.trim() === '' ? {} : { from: values.from.trim() }),
  };
}

/** "Why did this call go there?": a number and a source in, every step of the decision out. */
export function ExplainPage() {
  const { method = 'INVITE', uri = '', source = '', from = '' } = useSearch({ strict: false });
  const navigate = useNavigate();
  const [answer, setAnswer] = useState<ExplainAnswer | null>(null);
  const { form, saving, failure, submit } = useEntityForm({
    initial: { method, uri, source, from },
    save: async (values) => {
      setAnswer(null);
      await navigate({ to: '.', search: { method: values.method, uri: values.uri, source: values.source, from: values.from }, replace: true });
      setAnswer(await explain(explainBody(values)));
    },
  });
  // A shared address answers at once.
  useEffect(() => {
    if (uri !== '') submit();
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
            <TextInput label="Source" className="mono-input" placeholder="udp:192.0.2.7:5060" description="Empty = a stranger on UDP" spellCheck={false} {...form.getInputProps('source')} />
            <TextInput label="From" className="mono-input" placeholder="sip:1002@sip.acme.example" spellCheck={false} {...form.getInputProps('from')} />
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

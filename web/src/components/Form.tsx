import { Alert } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { ApiProblem, formErrors, formPath, problemText } from '../api/problem.ts';
import { fireAndReport } from '../lib/fire-and-report.ts';
import styles from './Form.module.css';

/** Said before a form with changes is left. */
export const unsaved = 'What you typed here has not been saved.';

export interface EntityForm<V> {
  readonly form: UseFormReturnType<V>;
  /** Something was typed that is not saved. */
  readonly dirty: boolean;
  readonly saving: boolean;
  readonly failure: ApiProblem | Error | null;
  readonly submit: (event?: { preventDefault: () => void }) => void;
}

interface Options<V> {
  readonly initial: V;
  /** Sends the values; refusals are mapped to the fields they name. */
  readonly save: (values: V) => Promise<unknown>;
  /** Where a pointer of the API's body belongs in the form, when the two differ. */
  readonly path?: (path: string) => string;
}

/** A form whose errors come from the API's own schema: problem pointers become field errors, the rest one alert. */
export function useEntityForm<V extends Record<string, unknown>>({ initial, save, path = (same) => same }: Options<V>): EntityForm<V> {
  const form = useForm<V>({ mode: 'controlled', initialValues: initial });
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<ApiProblem | Error | null>(null);

  const run = async (): Promise<void> => {
    setSaving(true);
    setFailure(null);
    form.clearErrors();
    try {
      await save(form.getValues());
      form.resetDirty();
    } catch (error) {
      if (error instanceof ApiProblem) {
        const errors = Object.entries(formErrors(error)).map(([at, message]) => [path(at), message] as const);
        form.setErrors(Object.fromEntries(errors));
      }
      setFailure(error instanceof Error ? error : new Error(problemText(error)));
    } finally {
      setSaving(false);
    }
  };
  return {
    form,
    dirty: form.isDirty(),
    saving,
    failure,
    submit: (event) => {
      event?.preventDefault();
      fireAndReport(run());
    },
  };
}

/** A title that says what to do to a program says nothing to somebody who is just signing in. */
const titleOf = (problem: ApiProblem | null): string => (problem?.code === 'unauthenticated' ? 'Not signed in' : problem?.title ?? 'That did not work');

/** A refusal in full: the sentence, each field it names, what still refers to it, and the request id. */
export function Failure({ error }: { readonly error: Error | null }) {
  if (error === null) return null;
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <Alert color="red" icon={<IconAlertTriangle size={17} />} className={styles['failure'] ?? ''} title={titleOf(problem)} role="alert">
      {error.message === problem?.title ? null : <div>{error.message}</div>}
      {problem !== null && problem.fields.length > 0 ? (
        <ul>
          {problem.fields.map((field) => (
            <li key={`${field.pointer}${field.code}`}>
              {field.pointer === '' ? null : <code>{formPath(field.pointer) || field.pointer.replace(/^:/, '')}</code>} {field.message}
            </li>
          ))}
        </ul>
      ) : null}
      {problem !== null && problem.references.length > 0 ? (
        <ul>
          {problem.references.map((reference) => (
            <li key={`${reference.entity}${reference.key}`}>
              {reference.entity} <code>{reference.key}</code> refers to it
            </li>
          ))}
        </ul>
      ) : null}
      {problem?.code === 'version-mismatch' ? <div>Close this and open it again to see the present state; what you typed is not saved.</div> : null}
      {problem === null || problem.requestId === '' ? null : <div className={styles['request']}>Request {problem.requestId}</div>}
    </Alert>
  );
}

interface SectionProps {
  readonly title: string;
  readonly about?: string | undefined;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A titled part of a long form. */
export function Section({ title, about, aside, children }: SectionProps) {
  return (
    <section className={styles['section']} aria-label={title}>
      <div className={styles['sectionHead']}>
        <div>
          <h3>{title}</h3>
          {about === undefined ? null : <p>{about}</p>}
        </div>
        {aside}
      </div>
      <div className={styles['fields']}>{children}</div>
    </section>
  );
}

/** Fields side by side where there is room. */
export function Columns({ children }: { readonly children: ReactNode }) {
  return <div className={styles['columns']}>{children}</div>;
}

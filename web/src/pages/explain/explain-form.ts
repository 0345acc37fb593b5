import type { ExplainBody } from '../../../../controlplane/contract/index.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { ConsoleSearch } from '../../lib/search.ts';

/** The form's fields, all texts; '' = left out. */
export interface ExplainValues extends Record<string, unknown> {
  readonly method: string;
  readonly uri: string;
  readonly source: string;
  readonly from: string;
  readonly to: string;
  /** Date and time in the time zone of the browser, as `datetime-local` has it: 2026-03-02T09:00. */
  readonly at: string;
  readonly node: string;
  /** One `Name: value` a line. */
  readonly headers: string;
  readonly callId: string;
  readonly authUser: string;
}

/** Folded away: few questions need them. */
export const folded = ['from', 'to', 'at', 'node', 'headers', 'callId', 'authUser'] as const;

const two = (value: number): string => String(value).padStart(2, '0');

/** Epoch milliseconds as a `datetime-local` field shows them; '' for what is no instant. */
export function localTime(text: string): string {
  const at = new Date(text === '' ? Number.NaN : Number(text));
  if (Number.isNaN(at.getTime())) return '';
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What the address bar says. */
export function valuesOf(search: ConsoleSearch): ExplainValues {
  const { method = 'INVITE', uri = '', source = '', from = '', to = '', at = '', node = '', headers = '', callId = '', authUser = '' } = search;
  return { method, uri, source, from, to, at: localTime(at), node, headers, callId, authUser };
}

/** The address under which somebody else sees the same answer: an instant, whatever their time zone. */
export const searchOf = (values: ExplainValues): ConsoleSearch => ({ ...values, at: values.at === '' ? undefined : String(new Date(values.at).getTime()) });

/** Headers by name. Throws what a field shows for a line that is none. */
function headersOf(text: string): Record<string, string> {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const none = lines.find((line) => line.indexOf(':') < 1);
  if (none !== undefined) {
    throw new ApiProblem({ status: 400, code: 'invalid', title: 'The request is not valid', detail: `“${none}” is no header.`, errors: [{ pointer: '/headers', code: 'malformed', message: 'each line must be Name: value' }] });
  }
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()]));
}

/** The question as the API takes it: what is empty is left out. */
export function explainBody({ method, uri, source, from, to, at, node, headers, callId, authUser }: ExplainValues): ExplainBody {
  const texts = Object.entries({ source, from, to, node, callId, authUser }).map(([name, text]) => [name, text.trim()] as const).filter(([, text]) => text !== '');
  return {
    method,
    uri: uri.trim(),
    ...Object.fromEntries(texts),
    ...(at === '' ? {} : { atMs: new Date(at).getTime() }),
    ...(headers.trim() === '' ? {} : { headers: headersOf(headers) }),
  };
}

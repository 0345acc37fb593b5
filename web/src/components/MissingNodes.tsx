import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { LivePage } from '../api/live-lists.ts';

interface Props {
  readonly pages: readonly LivePage<unknown>[] | undefined;
  /** What they would have told: "registrations". */
  readonly what: string;
}

/** Says whose part of a list is missing. */
export function MissingNodes({ pages = [], what }: Props) {
  const names = [...new Set(pages.flatMap((page) => page.missing))];
  if (names.length === 0) return null;
  return (
    <Alert color="yellow" icon={<IconAlertTriangle size={17} />} mb="sm" role="status">
      {names.join(', ')} {names.length === 1 ? 'gives' : 'give'} no answer at the moment; {names.length === 1 ? 'its' : 'their'} {what} are not in this list.
    </Alert>
  );
}

import { Button } from '@mantine/core';
import { IconMapOff, IconPlugConnectedX } from '@tabler/icons-react';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { ApiProblem, problemText } from '../api/problem.ts';
import { fireAndReport } from '../lib/fire-and-report.ts';
import { ButtonLink } from './ButtonLink.tsx';
import { EmptyState } from './EmptyState.tsx';

/** What stands in a page's place when it could not be shown. */
export function PageFailed({ error }: ErrorComponentProps) {
  const router = useRouter();
  const id = error instanceof ApiProblem ? error.requestId : '';
  return (
    <EmptyState
      icon={<IconPlugConnectedX size={22} stroke={1.6} />}
      title="This page could not be shown"
      action={<Button onClick={() => fireAndReport(router.invalidate())}>Try again</Button>}
    >
      {problemText(error)} {id === '' ? null : <>Request {id}.</>}
    </EmptyState>
  );
}

export function PageNotFound() {
  return (
    <EmptyState icon={<IconMapOff size={22} stroke={1.6} />} title="There is no such page" action={<ButtonLink to="/">Go to the overview</ButtonLink>}>
      The address may come from another version of the console.
    </EmptyState>
  );
}

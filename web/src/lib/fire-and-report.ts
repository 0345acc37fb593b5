import { notifications } from '@mantine/notifications';

/** Hands a promise over: its failure is shown to the person instead of being lost. */
export function fireAndReport(promise: Promise<unknown>, what = 'That did not work'): void {
  promise.catch((error: unknown) => {
    notifications.show({
      color: 'red',
      title: what,
      message: error instanceof Error ? error.message : String(error),
      autoClose: 8000,
    });
  });
}

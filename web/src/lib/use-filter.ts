import { useNavigate } from '@tanstack/react-router';
import { fireAndReport } from './fire-and-report.ts';
import type { ConsoleSearch } from './search.ts';

/** Sets filters in the URL without a history entry each. */
export function useFilter() {
  const navigate = useNavigate();
  return (change: Partial<ConsoleSearch>) => fireAndReport(navigate({ to: '.', search: (old) => ({ ...old, ...change }), replace: true }));
}

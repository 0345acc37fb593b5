import { useQuery, useQueryClient } from '@tanstack/react-query';
import { fireAndReport } from '../lib/fire-and-report.ts';
import { mayManageNodes, mayWrite, sessionQuery } from './session.ts';

/** Whether the signed-in person may change things. */
export function useMayWrite(): boolean {
  const { data } = useQuery(sessionQuery);
  return mayWrite(data);
}

/** Whether the signed-in person may admit nodes and rotate their keys. */
export function useMayManageNodes(): boolean {
  const { data } = useQuery(sessionQuery);
  return mayManageNodes(data);
}

/** After a write of this browser: reads again what the write may have changed, at once instead of with the stream. */
export function useRefresh(): (...paths: readonly string[]) => void {
  const client = useQueryClient();
  return (...paths) => {
    for (const path of paths) fireAndReport(client.invalidateQueries({ queryKey: [path] }));
  };
}

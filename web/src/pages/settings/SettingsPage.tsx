import { useQuery } from '@tanstack/react-query';
import { settingsQuery } from '../../api/settings.ts';
import { Failure } from '../../components/Form.tsx';
import { PageHeader } from '../../components/PageHeader.tsx';
import { ClusterKeys } from './ClusterKeys.tsx';
import { SettingsForm } from './SettingsForm.tsx';

/** Behaviour of every node. */
export function SettingsPage() {
  const { data, error } = useQuery(settingsQuery);
  return (
    <>
      <PageHeader title="Settings" about="How every node behaves. Listeners and workers are each node's own and stand in its environment." />
      <Failure error={data === undefined ? error : null} />
      {data === undefined ? null : <SettingsForm setting={data} />}
      <ClusterKeys />
    </>
  );
}

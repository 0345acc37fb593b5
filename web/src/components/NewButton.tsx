import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMayWrite } from '../api/use-write.ts';
import { useDrawer } from './EntityDrawer.tsx';

/** Opens the drawer of a new entity; nothing for those who may only look. */
export function NewButton({ children }: { readonly children: string }) {
  const { startNew } = useDrawer();
  if (!useMayWrite()) return null;
  return (
    <Button leftSection={<IconPlus size={15} />} onClick={startNew}>
      {children}
    </Button>
  );
}

import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMayWrite } from '../api/use-write.ts';
import { useDrawer } from './EntityDrawer.tsx';

/** Opens the drawer of a new entity (on a page with several kinds, of this `kind`); nothing for those who may only look. */
export function NewButton({ children, kind }: { readonly children: string; readonly kind?: string }) {
  const { startNew } = useDrawer();
  if (!useMayWrite()) return null;
  return (
    <Button leftSection={<IconPlus size={15} />} onClick={() => startNew(kind)}>
      {children}
    </Button>
  );
}

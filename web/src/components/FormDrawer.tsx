import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMayWrite } from '../api/use-write.ts';
import { DangerButton } from './DangerButton.tsx';
import { EntityDrawer } from './EntityDrawer.tsx';
import { Failure, unsaved, type EntityForm } from './Form.tsx';
import styles from './Form.module.css';

interface Stored {
  /** What the question before a deletion calls it. */
  readonly name: string;
  /** `name` in monospace when left out. */
  readonly title?: ReactNode;
  readonly about?: ReactNode;
  /** What a deletion touches; left out when this drawer deletes nothing. */
  readonly removing?: ReactNode;
}

interface Props {
  readonly entity: Pick<EntityForm<never>, 'dirty' | 'saving' | 'failure' | 'submit'> & { readonly remove?: () => Promise<unknown> };
  readonly noun: string;
  /** What the drawer shows; null = the form of a new one. */
  readonly stored: Stored | null;
  /** One line under the title of a new one. */
  readonly about?: string;
  readonly size?: number;
  /** Title and button of a new one, where "New" and "Create" are not the words. */
  readonly adds?: string;
  readonly saves?: string;
  /** An act on the left of the foot. */
  readonly act?: ReactNode;
  /** What stands before the form. */
  readonly above?: ReactNode;
  readonly children: ReactNode;
}

/** A drawer with a form: Save and Delete for those who may, the refusal on top, fields that others can only read. */
export function FormDrawer({ entity, noun, stored, about, size, adds, saves = 'Save', act, above, children }: Props) {
  const { dirty, saving, failure, submit, remove } = entity;
  const writable = useMayWrite();
  const removing = stored?.removing;
  return (
    <EntityDrawer
      size={size}
      loses={dirty ? unsaved : undefined}
      title={stored === null ? (adds ?? `New ${noun}`) : (stored.title ?? <span className="mono">{stored.name}</span>)}
      about={stored === null ? about : stored.about}
      actions={
        writable ? (
          <Button loading={saving} onClick={() => submit()}>
            {stored === null ? (adds ?? `Create ${noun}`) : saves}
          </Button>
        ) : undefined
      }
      danger={
        !writable || stored === null || remove === undefined || removing === undefined ? (
          act
        ) : (
          <DangerButton label={`Delete ${noun}`} title={`Delete ${stored.name}?`} act={remove}>
            {removing}
          </DangerButton>
        )
      }
    >
      <Failure error={failure} />
      {above}
      <form onSubmit={submit} className={styles['form']}>
        <fieldset disabled={!writable}>{children}</fieldset>
        {/* Enter in a field saves; the button for the mouse stands in the foot. */}
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </EntityDrawer>
  );
}

import { useState } from 'react';
import { useRefresh } from '../api/use-write.ts';
import { useDrawer } from './EntityDrawer.tsx';
import { useEntityForm, type EntityForm } from './Form.tsx';

interface StoredOptions<Item, V> {
  /** What the form was filled from. */
  readonly stored: Item;
  readonly initial: V;
  /** Sends the values on top of `basis`; resolves to what is stored then. */
  readonly write: (values: V, basis: Item) => Promise<Item>;
  /** What to read again after a save. */
  readonly refreshes: readonly string[];
  readonly saved?: (written: Item) => void;
  readonly path?: (path: string) => string;
}

/**
 * A form of something that has a version. What somebody else saves meanwhile must not slip under the form unseen:
 * the basis of an edit stays what the form was filled from, or what it saved itself last.
 */
export function useStoredForm<Item, V extends Record<string, unknown>>({ stored, write, refreshes, saved, ...form }: StoredOptions<Item, V>): EntityForm<V> {
  const refresh = useRefresh();
  const [basis, setBasis] = useState(stored);
  return useEntityForm({
    ...form,
    save: async (values) => {
      const written = await write(values, basis);
      setBasis(written);
      refresh(...refreshes);
      saved?.(written);
    },
  });
}

interface Store<Item, Body> {
  readonly add: (key: string, body: Body) => Promise<Item>;
  readonly edit: (key: string | number, body: Body, version: number) => Promise<Item>;
  readonly remove: (key: string | number) => Promise<unknown>;
}

/** The same for entities that get the number in their body, or the next free one. */
export const numbered = <Item, Body>(store: Omit<Store<Item, Body>, 'add'> & { readonly create: (body: Body) => Promise<Item> }): Store<Item, Body> => ({ ...store, add: (_key, body) => store.create(body) });

interface KeyedOptions<Item, V, Body, Key extends string> extends Pick<StoredOptions<Item | null, V>, 'stored' | 'initial' | 'refreshes' | 'path'> {
  readonly store: Store<Item, Body>;
  /** Field of the key, in the entity and in the form. */
  readonly key: Key;
  readonly body: (values: V, basis: Item | null) => Body;
  /** What the form shows after an edit, where that is not what was typed. */
  readonly refill?: (written: Item) => Partial<V>;
}

/** The form of one entity in a drawer: adds it under its key and shows it, or edits it; and takes it away. */
export function useKeyedEntity<Key extends string, Item extends { readonly version: number } & Readonly<Record<Key, string | number>>, V extends Record<string, unknown> & Record<Key, string | number>, Body>(
  { stored, store, key, body, refill, path = (same) => same, ...options }: KeyedOptions<Item, V, Body, Key>,
): EntityForm<V> & { readonly remove: () => Promise<void> } {
  const { close, show } = useDrawer();
  const refresh = useRefresh();
  const entity = useStoredForm<Item | null, V>({
    ...options,
    stored,
    write: (values, basis) => (basis === null ? store.add(String(values[key]).trim(), body(values, null)) : store.edit(basis[key], body(values, basis), basis.version)),
    saved: (written) => {
      if (written === null) return;
      if (stored === null) show(String(written[key]));
      else if (refill !== undefined) entity.form.setValues(refill(written));
    },
    // Complaints about the address of the request are about the key.
    path: (at) => (at === '' ? key : path(at)),
  });
  const remove = async () => {
    if (stored === null) return;
    await store.remove(stored[key]);
    refresh(...options.refreshes);
    close();
  };
  return { ...entity, remove };
}

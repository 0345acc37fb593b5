import { TextInput } from '@mantine/core';
import { keyFromName } from '../lib/key-from-name.ts';
import { Columns } from './Form.tsx';

/** Any form with these two fields. */
interface NamedForm {
  readonly values: { readonly name: string; readonly key: string };
  setFieldValue(field: 'name' | 'key', text: string): void;
  getInputProps(field: 'name' | 'key'): object;
}

/** The name of an entity and, while it is new, the key that follows from the name until somebody types another one. */
export function NameAndKey({ form, isNew }: { readonly form: NamedForm; readonly isNew: boolean }) {
  const { name, key } = form.values;
  return (
    <Columns>
      <TextInput
        label="Name"
        data-autofocus={isNew || undefined}
        {...form.getInputProps('name')}
        onChange={(event) => {
          const text = event.currentTarget.value;
          if (isNew && key === keyFromName(name)) form.setFieldValue('key', keyFromName(text));
          form.setFieldValue('name', text);
        }}
      />
      {isNew ? <TextInput label="Key" description="In the API's addresses; stays for ever" className="mono-input" inputWrapperOrder={['label', 'input', 'description', 'error']} {...form.getInputProps('key')} /> : null}
    </Columns>
  );
}

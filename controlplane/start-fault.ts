/** A reason not to start that the operator can do something about: one sentence, exit code 2. */
export class StartFault extends Error {
  override readonly name = 'StartFault';
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

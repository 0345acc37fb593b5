/** What the database refuses, recognised without depending on which driver said it. */

/** Prisma's P2002: a unique index already holds the value. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002';
}

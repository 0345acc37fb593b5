/** `user:ada@example.com` → "ada@example.com", `token:deploy` → "token deploy", `system` → "system". */
export function actorName(actor: string): string {
  if (actor.startsWith('user:')) return actor.slice(5);
  if (actor.startsWith('token:')) return `token ${actor.slice(6)}`;
  return actor;
}

/** Returns the last line of an error's message, because Prisma prepends the calling source code. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n').at(-1)?.trim() || 'no reason was given';
}

/** A restored database can't be repaired or adopted; the message says why and what to do, and holds no password. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

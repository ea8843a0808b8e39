/** A tenant's credentials or its place can't be changed; the message says why and what to do, and holds no password. */
export class RotationError extends Error {
  override readonly name = 'RotationError';
}

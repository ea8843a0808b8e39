/** Thrown when a server's answer makes the connection unusable. The message is for operators. */
export class UnusableServerError extends Error {
  override readonly name = 'UnusableServerError';
}

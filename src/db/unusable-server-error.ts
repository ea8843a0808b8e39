/** A server answers, and in a way that no connection may go on with. The message is for operators. */
export class UnusableServerError extends Error {
  override readonly name = 'UnusableServerError';
}

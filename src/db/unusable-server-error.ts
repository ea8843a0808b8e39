/** Thrown when a server's answer makes the connection unusable. The message is for operators. */
export class UnusableServerError extends Error {
  override readonly name: string = 'UnusableServerError';
}

/** Thrown when a server asks for a password in a way that would reveal it. */
export class UnsafePasswordRequestError extends UnusableServerError {
  override readonly name = 'UnsafePasswordRequestError';
}

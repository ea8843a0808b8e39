/** The reason why the shared cache doesn't fully work. It is in the health report, so it reveals nothing secret. */
export type CacheFault =
  /** No answer in time. */
  | 'unreachable'
  /** Its certificate is wrong, it rejects ours, or one of the two sides doesn't use TLS. */
  | 'tls_failed'
  /** The username or password is wrong. */
  | 'authentication_failed'
  /** The user may not run a command, or use a key or the channel. */
  | 'no_permission'
  /** It is a read-only replica. */
  | 'read_only'
  /** It is still loading its data from disk. */
  | 'loading'
  | 'out_of_memory'
  /** It rejects writes for another reason, such as a full disk. */
  | 'not_writable'
  /** Published messages don't arrive. */
  | 'no_messages'
  | 'unexpected';

/**
 * The codes of Redis's error replies, usually at the start; older versions put them further back when a script fails.
 */
const faultsOfCodes: readonly (readonly [RegExp, CacheFault])[] = [
  [/\b(WRONGPASS|NOAUTH)\b/, 'authentication_failed'],
  [/\bNOPERM\b|ACL failure|user executing the script/, 'no_permission'],
  [/\bREADONLY\b/, 'read_only'],
  [/\b(LOADING|MASTERDOWN)\b/, 'loading'],
  [/\bOOM\b/, 'out_of_memory'],
  [/\b(MISCONF|NOREPLICAS)\b/, 'not_writable'],
];

/** Thrown when a message that this process published doesn't come back to it. */
export class NotHeardError extends Error {
  override readonly name = 'NotHeardError';
}

/** The library's messages for a command that it couldn't send, for a reason given by an earlier error. */
const unsentCommand = /^(Stream isn't writeable|Connection is closed|Reached the max retries)/;

/** Returns whether an error only says that there is no connection, but not why. */
export function saysNoMoreThanUnsent(error: unknown): boolean {
  return error instanceof Error && unsentCommand.test(error.message);
}

/** Returns the fault behind an error of Redis or of the connection to it. */
export function faultOf(error: unknown): CacheFault {
  if (error instanceof NotHeardError) return 'no_messages';
  if (!(error instanceof Error && error.name === 'ReplyError')) return 'unreachable';
  const { message } = error;
  return faultsOfCodes.find(([code]) => code.test(message))?.[1] ?? 'unexpected';
}

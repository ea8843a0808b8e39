/** The reason why the shared cache can't be used as it should. In the health report, so it reveals nothing secret. */
export type CacheFault =
  /** Nothing answers in time. */
  | 'unreachable'
  /** It has another certificate than it should, refuses ours, or one of both sides doesn't speak TLS. */
  | 'tls_failed'
  /** The user or the password is wrong. */
  | 'authentication_failed'
  /** The user may not run a command, or not use a key or the channel. */
  | 'no_permission'
  /** It is a replica, and takes no writes. */
  | 'read_only'
  /** It is still loading its data from disk. */
  | 'loading'
  | 'out_of_memory'
  /** It takes no writes for another reason, such as a full disk. */
  | 'not_writable'
  /** Published messages don't arrive. */
  | 'no_messages'
  | 'unexpected';

/** Codes at the start of Redis's error replies; older versions put them further back when a script fails. */
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

/** The library's messages for a command that it couldn't send; an earlier error gave the reason. */
const unsentCommand = /^(Stream isn't writeable|Connection is closed|Reached the max retries)/;

/** Returns whether an error says only that there is no connection, not why. */
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

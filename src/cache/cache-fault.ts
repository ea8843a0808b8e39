/** Why the shared cache can't be used as it has to be. Part of the health report: it tells nothing secret. */
export type CacheFault =
  /** Nothing answers in time. */
  | 'unreachable'
  /** The user or the password is wrong. */
  | 'authentication_failed'
  /** The user may not run a command, or not use a key or the channel. */
  | 'no_permission'
  /** It is a replica, and takes no writes. */
  | 'read_only'
  /** It reads its data from disk. */
  | 'loading'
  | 'out_of_memory'
  /** It takes no writes for another reason, such as a disk that is full. */
  | 'not_writable'
  /** What is published is not heard. */
  | 'no_messages'
  | 'unexpected';

/** Codes with which Redis begins an answer; older versions put them further back when a script fails. */
const faultsOfCodes: readonly (readonly [RegExp, CacheFault])[] = [
  [/\b(WRONGPASS|NOAUTH)\b/, 'authentication_failed'],
  [/\bNOPERM\b|ACL failure|user executing the script/, 'no_permission'],
  [/\bREADONLY\b/, 'read_only'],
  [/\b(LOADING|MASTERDOWN)\b/, 'loading'],
  [/\bOOM\b/, 'out_of_memory'],
  [/\b(MISCONF|NOREPLICAS)\b/, 'not_writable'],
];

/** What was published to this process itself did not arrive. */
export class NotHeardError extends Error {
  override readonly name = 'NotHeardError';
}

/** What the library says of a command that it could not send: the reason for that was an error before. */
const unsentCommand = /^(Stream isn't writeable|Connection is closed|Reached the max retries)/;

/** Whether an error only says that there is no connection, and not why. */
export function saysNoMoreThanUnsent(error: unknown): boolean {
  return error instanceof Error && unsentCommand.test(error.message);
}

/** Names what an error of Redis, or of the way to it, means. */
export function faultOf(error: unknown): CacheFault {
  if (error instanceof NotHeardError) return 'no_messages';
  if (!(error instanceof Error && error.name === 'ReplyError')) return 'unreachable';
  const { message } = error;
  return faultsOfCodes.find(([code]) => code.test(message))?.[1] ?? 'unexpected';
}

/** When an account or an address that fails to sign in is locked, and for how long. */
export interface LockoutPolicy {
  /** Failures in a row that lock an account. */
  readonly failureLimit: number;
  /** Failures within {@link lockSeconds} that lock an address: more, because a whole company may share one. */
  readonly addressFailureLimit: number;
  /** How long the first lock lasts; each further one lasts twice as long. */
  readonly lockSeconds: number;
}

/** No lock lasts longer: whoever is locked out by somebody else's guesses gets in again the next day. */
export const longestLockSeconds = 86_400;

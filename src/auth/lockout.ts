/** When an account that fails to sign in is locked, and for how long. */
export interface LockoutPolicy {
  /** Failures in a row that lock the account. */
  readonly failureLimit: number;
  readonly lockSeconds: number;
}

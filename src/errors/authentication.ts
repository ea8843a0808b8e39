import { AppError } from './app-error.ts';

/** No token, or one that we did not issue or that was altered. */
export class UnauthenticatedError extends AppError {
  readonly code = 'UNAUTHENTICATED';

  constructor(
    message = 'Sign in first: send "Authorization: Bearer <access token>".',
    options?: ErrorOptions,
  ) {
    super(message, {}, options);
  }
}

/** A token of ours whose time is over: refresh it, or sign in again. */
export class TokenExpiredError extends AppError {
  readonly code = 'TOKEN_EXPIRED';

  constructor() {
    super('The token has expired. Refresh it, or sign in again.');
  }
}

/**
 * A sign-in that failed. One class, one message and one code for an unknown tenant, an unknown user, a wrong
 * password and a locked account, so that none of them can be told apart.
 */
export class InvalidCredentialsError extends AppError {
  readonly code = 'INVALID_CREDENTIALS';

  constructor() {
    super(
      'Sign-in failed. Check the tenant, the username and the password. After several failures an account is locked for a while.',
    );
  }
}

/** Signed in, but not allowed. */
export class ForbiddenError extends AppError {
  readonly code = 'FORBIDDEN';

  constructor(message = 'You are not allowed to do this.') {
    super(message);
  }
}

import { AppError } from './app-error.ts';
import { type Message, message } from './messages/message.ts';

/** No token, or one that we did not issue, that was altered, or whose session has ended. */
export class UnauthenticatedError extends AppError<'UNAUTHENTICATED'> {
  readonly code = 'UNAUTHENTICATED';

  constructor(said: Message = message('auth.signInFirst'), options?: ErrorOptions) {
    super(said, {}, options);
  }
}

/** A token of ours whose time is over: refresh it, or sign in again. */
export class TokenExpiredError extends AppError<'TOKEN_EXPIRED'> {
  readonly code = 'TOKEN_EXPIRED';

  constructor() {
    super(message('auth.tokenExpired'), {});
  }
}

/**
 * A sign-in that failed. One class, one message and one code for an unknown tenant, an unknown user, a wrong
 * password and a locked account, so that none of them can be told apart.
 */
export class InvalidCredentialsError extends AppError<'INVALID_CREDENTIALS'> {
  readonly code = 'INVALID_CREDENTIALS';

  constructor() {
    super(message('auth.credentials'), {});
  }
}

/** The right password, but a single-use one: the sign-in must also send a new one. */
export class PasswordChangeRequiredError extends AppError<'PASSWORD_CHANGE_REQUIRED'> {
  readonly code = 'PASSWORD_CHANGE_REQUIRED';

  constructor() {
    super(message('auth.mustChangePassword'), {});
  }
}

/** Signed in, but not allowed. */
export class ForbiddenError extends AppError<'FORBIDDEN'> {
  readonly code = 'FORBIDDEN';

  constructor(said: Message = message('forbidden.any')) {
    super(said, {});
  }
}

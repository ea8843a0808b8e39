import { AppError } from './app-error.ts';
import { type Message, message } from './messages/message.ts';

/** There is no token, or the token was not issued by us, was altered, or belongs to an ended session. */
export class UnauthenticatedError extends AppError<'UNAUTHENTICATED'> {
  readonly code = 'UNAUTHENTICATED';

  constructor(said: Message = message('auth.signInFirst'), options?: ErrorOptions) {
    super(said, {}, options);
  }
}

/** The token is valid but has expired. The client refreshes it or signs in again. */
export class TokenExpiredError extends AppError<'TOKEN_EXPIRED'> {
  readonly code = 'TOKEN_EXPIRED';

  constructor() {
    super(message('auth.tokenExpired'), {});
  }
}

/**
 * The sign-in has failed. An unknown tenant, an unknown user, a wrong password and a locked account all have the same
 * message and code, so that they can't be told apart.
 */
export class InvalidCredentialsError extends AppError<'INVALID_CREDENTIALS'> {
  readonly code = 'INVALID_CREDENTIALS';

  constructor() {
    super(message('auth.credentials'), {});
  }
}

/** The password is right but can be used only once: the sign-in must also send a new one. */
export class PasswordChangeRequiredError extends AppError<'PASSWORD_CHANGE_REQUIRED'> {
  readonly code = 'PASSWORD_CHANGE_REQUIRED';

  constructor() {
    super(message('auth.mustChangePassword'), {});
  }
}

/** The viewer is signed in but not allowed to do this. */
export class ForbiddenError extends AppError<'FORBIDDEN'> {
  readonly code = 'FORBIDDEN';

  constructor(said: Message = message('forbidden.any')) {
    super(said, {});
  }
}

import { AppError } from './app-error.ts';

/** What is wrong with one field of an input, e.g. `{path: ['input', 'email'], message: 'Not an email address.'}`. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The input is not acceptable. `details.fields` says what to change, field by field. */
export class ValidationFailedError extends AppError {
  readonly code = 'VALIDATION_FAILED';

  constructor(fields: readonly FieldProblem[]) {
    super(fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' '), { fields });
  }
}

/** The input is well formed but collides with what is stored. `details.field` names the field, when it is one. */
export class ConflictError extends AppError {
  readonly code = 'CONFLICT';

  constructor(message: string, field?: string, options?: ErrorOptions) {
    super(message, field === undefined ? {} : { field }, options);
  }
}

/** What was asked for does not exist, or is not visible from here. */
export class NotFoundError extends AppError {
  readonly code = 'NOT_FOUND';

  constructor(what: string) {
    super(`${what} was not found.`);
  }
}

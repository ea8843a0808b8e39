import { AppError } from './app-error.ts';
import type { ErrorDetails } from './contract.ts';
import { type FieldProblem, fieldErrors, problemUnder } from './field-problem.ts';
import type { Language } from './messages/catalogue.ts';
import { message, type NameIn } from './messages/message.ts';

/** More would not help the reader. */
export const maximumProblems = 20;

/** Longer than the names of our own fields; keys in a client's JSON may have any length. */
const maximumPartLength = 128;

/** The input is invalid. `details.fields` lists the problems field by field. */
export class ValidationFailedError extends AppError<'VALIDATION_FAILED'> {
  readonly code = 'VALIDATION_FAILED';
  readonly #problems: readonly FieldProblem[];

  /** @param problems of which the first {@link maximumProblems} are reported. */
  constructor(problems: readonly FieldProblem[]) {
    const some = problems.slice(0, maximumProblems).map(shorten);
    super(
      some.map((problem) => problem.message),
      { fields: fieldErrors(some, 'en') },
    );
    this.#problems = some;
  }

  /** The same error for an input that stands below an argument of that name. */
  under(argument: string): ValidationFailedError {
    return new ValidationFailedError(this.#problems.map((problem) => problemUnder(argument, problem)));
  }

  override detailsIn(language: Language): ErrorDetails['VALIDATION_FAILED'] {
    return { fields: fieldErrors(this.#problems, language) };
  }
}

function shorten({ path, message: said }: FieldProblem): FieldProblem {
  const parts = path.map((part) => (typeof part === 'string' ? part.slice(0, maximumPartLength) : part));
  return { path: parts, message: said };
}

/** The change would leave the tenant without an active administrator. */
export class LastAdministratorError extends AppError<'LAST_ADMINISTRATOR'> {
  readonly code = 'LAST_ADMINISTRATOR';

  constructor() {
    super(message('conflict.lastAdministrator'), {});
  }
}

/** All seats of the tenant's plan are taken by active users. */
export class SeatLimitReachedError extends AppError<'SEAT_LIMIT_REACHED'> {
  readonly code = 'SEAT_LIMIT_REACHED';

  constructor(maxUsers: number) {
    super(message('conflict.seats', { maxUsers }), { maxUsers });
  }
}

/** The object does not exist or is not visible to the viewer. */
export class NotFoundError extends AppError<'NOT_FOUND'> {
  readonly code = 'NOT_FOUND';

  /**
   * @param type its name in the schema.
   * @param said the message: that the object was not found, or, if the viewer may read it, that it isn't deleted.
   */
  constructor(type: NameIn<'type'>, said: 'notFound.any' | 'notFound.deleted' = 'notFound.any') {
    super(message(said, { type: message(`type.${type}`) }), {});
  }
}

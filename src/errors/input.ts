import { AppError } from './app-error.ts';
import { type Language, say } from './messages/catalogue.ts';
import { type Message, message } from './messages/message.ts';

/** What is wrong with one field of an input, e.g. `{path: ['input', 'email'], message: message('field.email')}`. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly message: Message;
}

/** The input is not acceptable. `details.fields` says what to change, field by field. */
export class ValidationFailedError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly #problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    super(message('request.invalid', { reason: sayAll(problems, 'en') }), fieldsIn(problems, 'en'));
    this.#problems = problems;
  }

  override messageIn(language: Language): string {
    return sayAll(this.#problems, language);
  }

  override detailsIn(language: Language): Readonly<Record<string, unknown>> {
    return fieldsIn(this.#problems, language);
  }
}

function sayAll(problems: readonly FieldProblem[], language: Language): string {
  return problems
    .map(({ path, message: said }) => [path.join('.'), say(said, language)].filter(Boolean).join(': '))
    .join(' ');
}

function fieldsIn(problems: readonly FieldProblem[], language: Language) {
  return { fields: problems.map(({ path, message: said }) => ({ path, message: say(said, language) })) };
}

/** The input is well formed but collides with what is stored. Details may name the `field`, or count what is in the way. */
export class ConflictError extends AppError {
  readonly code = 'CONFLICT';
}

/** The change would leave the tenant without an active administrator. */
export class LastAdministratorError extends AppError {
  readonly code = 'LAST_ADMINISTRATOR';

  constructor() {
    super(message('conflict.lastAdministrator'));
  }
}

/** Every seat of the tenant's plan has an active user. */
export class SeatLimitReachedError extends AppError {
  readonly code = 'SEAT_LIMIT_REACHED';

  constructor(maxUsers: number) {
    super(message('conflict.seats', { maxUsers }), { maxUsers });
  }
}

/** The types of things that can be missed, by their names in the schema. */
type NamedType = 'User' | 'Role' | 'Department' | 'Branch' | 'Session' | 'ProvisioningJob';

/** What was asked for does not exist, or is not visible from here. */
export class NotFoundError extends AppError {
  readonly code = 'NOT_FOUND';

  constructor(type: NamedType) {
    super(message(`notFound.${type}`));
  }
}

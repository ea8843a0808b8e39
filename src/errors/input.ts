import { AppError } from './app-error.ts';
import { type Language, say } from './messages/catalogue.ts';
import { type Message, message } from './messages/message.ts';

/** What is wrong with one field of an input, e.g. `{path: ['input', 'email'], message: message('field.email')}`. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly message: Message;
}

/** More wouldn't help anybody who reads them. */
export const maximumProblems = 20;

/** Names of our own fields are shorter; those of a client's JSON may have any length. */
const maximumPartLength = 128;

/** The input is not acceptable. `details.fields` says what to change, field by field. */
export class ValidationFailedError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly #problems: readonly FieldProblem[];

  /** @param problems of which the first {@link maximumProblems} are reported. */
  constructor(problems: readonly FieldProblem[]) {
    const some = problems.slice(0, maximumProblems).map(shorten);
    super(message('request.invalid', { reason: sayAll(some, 'en') }), fieldsIn(some, 'en'));
    this.#problems = some;
  }

  override messageIn(language: Language): string {
    return sayAll(this.#problems, language);
  }

  override detailsIn(language: Language): Readonly<Record<string, unknown>> {
    return fieldsIn(this.#problems, language);
  }
}

function shorten({ path, message: said }: FieldProblem): FieldProblem {
  const parts = path.map((part) => (typeof part === 'string' ? part.slice(0, maximumPartLength) : part));
  return { path: parts, message: said };
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
type NamedType = 'User' | 'Role' | 'Department' | 'Branch' | 'Session' | 'Manager' | 'ProvisioningJob';

/** What was asked for does not exist, or is not visible from here. */
export class NotFoundError extends AppError {
  readonly code = 'NOT_FOUND';

  constructor(type: NamedType) {
    super(message(`notFound.${type}`));
  }
}

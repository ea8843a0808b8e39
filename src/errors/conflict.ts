import type { EntityName } from '../catalogue/entities.ts';
import { encodeGlobalId } from '../catalogue/global-id.ts';
import { AppError } from './app-error.ts';
import type { ConflictDetails, DependentCount, ErrorDetails } from './contract.ts';
import { type FieldProblem, fieldErrors, problemUnder } from './field-problem.ts';
import type { Language } from './messages/catalogue.ts';
import { type Message, message, type NameIn } from './messages/message.ts';

/** Rows of one type that depend on another. The catalogue has words for each such type. */
export type Dependents = DependentCount & { readonly type: NameIn<'dependents'> };

/** Rows that are about the same thing, as far as they exist for the viewer. */
interface Duplicates {
  readonly type: EntityName;
  readonly ids: readonly string[];
}

/** The conflict of a change, by reason. Reasons that need further facts come with their own message. */
type Conflict =
  | {
      readonly reason: 'TAKEN';
      readonly fields: readonly FieldProblem[];
      /** Absent where they were not looked for. */
      readonly duplicates?: Duplicates;
    }
  | { readonly reason: 'DUPLICATE'; readonly duplicates: Duplicates; readonly message: Message }
  | {
      readonly reason: 'IN_USE';
      /** Undefined when the viewer may not know the numbers. */
      readonly dependents: readonly Dependents[] | undefined;
      /** What can’t be done; absent for a deletion. */
      readonly message?: Message;
      /** The alternative to a deletion; absent for moving what depends on it. */
      readonly instead?: Message | undefined;
    }
  | { readonly reason: 'STALE'; readonly updatedAt: Date }
  | {
      readonly reason: 'WRONG_STATE';
      /** As spelled in the database. */
      readonly status: NameIn<'status'>;
      readonly message: Message;
    }
  | ({ readonly reason: 'NOT_MIGRATED'; readonly message: Message } & ConflictDetails['NOT_MIGRATED']);

/** The input is valid but conflicts with stored data. */
export class ConflictError extends AppError<'CONFLICT'> {
  readonly code = 'CONFLICT';
  readonly #conflict: Conflict;

  constructor(conflict: Conflict, options?: ErrorOptions) {
    super(sentencesOf(conflict), detailsOf(conflict, 'en'), options);
    this.#conflict = conflict;
  }

  /** The same error for an input that stands below an argument of that name. */
  under(argument: string): ConflictError {
    const conflict = this.#conflict;
    if (conflict.reason !== 'TAKEN') return this;
    const fields = conflict.fields.map((field) => problemUnder(argument, field));
    return new ConflictError({ ...conflict, fields }, { cause: this.cause });
  }

  override detailsIn(language: Language): ErrorDetails['CONFLICT'] {
    return detailsOf(this.#conflict, language);
  }
}

function sentencesOf(conflict: Conflict): Message | readonly Message[] {
  switch (conflict.reason) {
    case 'TAKEN':
      return conflict.fields.map((field) => field.message);
    case 'IN_USE':
      if (conflict.message) return conflict.message;
      return [
        conflict.dependents
          ? message('conflict.inUse', {
              dependents: conflict.dependents.map(({ type, count }) =>
                message(`dependents.${type}`, { count }),
              ),
            })
          : message('conflict.inUseUncounted'),
        conflict.instead ?? message('conflict.moveFirst'),
      ];
    case 'STALE':
      return message('conflict.stale');
    case 'DUPLICATE':
    case 'WRONG_STATE':
    case 'NOT_MIGRATED':
      return conflict.message;
  }
}

function detailsOf(conflict: Conflict, language: Language): ErrorDetails['CONFLICT'] {
  switch (conflict.reason) {
    case 'TAKEN':
      return {
        reason: 'TAKEN',
        fields: fieldErrors(conflict.fields, language),
        ...(conflict.duplicates ? { duplicates: globalIds(conflict.duplicates) } : {}),
      };
    case 'DUPLICATE':
      return { reason: 'DUPLICATE', duplicates: globalIds(conflict.duplicates) };
    case 'IN_USE':
      return { reason: 'IN_USE', ...(conflict.dependents ? { dependents: conflict.dependents } : {}) };
    case 'STALE':
      return { reason: 'STALE', updatedAt: conflict.updatedAt.toISOString() };
    case 'WRONG_STATE':
      return { reason: 'WRONG_STATE', status: conflict.status.toUpperCase() };
    case 'NOT_MIGRATED':
      return { reason: 'NOT_MIGRATED', lacking: conflict.lacking, command: conflict.command };
  }
}

function globalIds({ type, ids }: Duplicates): string[] {
  return ids.map((id) => encodeGlobalId(type, id));
}

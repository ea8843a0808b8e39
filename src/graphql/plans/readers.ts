import type { FieldNode, GraphQLLeafType } from 'graphql';
import type { Context } from '../context.ts';
import type { SelfReader } from './declared-scopes.ts';
import { isRecord } from './pothos-options.ts';

/** An object that a resolver has returned, such as a row. */
export type LoadedObject = Readonly<Record<string, unknown>>;

/** One execution of a plan. */
export interface Run {
  readonly context: Context;
  /** The viewer's id. */
  readonly viewerId: string;
  /** Values that were not available at once, such as counts. */
  readonly pending: PendingValue[];
}

/** A pending value of an object. */
export interface PendingValue {
  readonly field: DeferrableField;
  readonly value: Promise<unknown>;
  readonly put: (value: unknown) => void;
}

/** A field that may resolve later, at its only place in the answer. */
export interface DeferrableField {
  readonly nodes: readonly FieldNode[];
  readonly path: readonly string[];
  readonly complete: ValueReader;
}

/**
 * Turns a resolver's result into its part of the answer.
 * @throws {GiveUp} for anything unexpected.
 */
export type ValueReader = (value: unknown, run: Run) => unknown;

/** A field of an object's plan. */
export interface FieldPlan {
  readonly key: string;
  /** Returns the field's part of the answer, or a promise of the resolver's value. */
  readonly read: (parent: LoadedObject, run: Run) => unknown;
  /** Null when a promise can't be awaited at this place. */
  readonly deferred: DeferrableField | null;
}

/**
 * The plan does not fit the loaded data, or the viewer may not read it: graphql-js has to execute the operation and
 * creates the errors.
 */
export class GiveUp extends Error {
  override readonly name = 'GiveUp';
}

/** Reads a scalar or an enum. */
export function readLeaf(type: GraphQLLeafType): ValueReader {
  const isText = type.name === 'String' || type.name === 'ID' || type.name === 'UUID';
  return (value) => {
    if (value === null) return null;
    if (value === undefined) throw new GiveUp('A column was not loaded.');
    // graphql-js would return it unchanged; UUIDs come from columns of that type.
    if (isText && typeof value === 'string') return value;
    return serialize(type, value);
  };
}

function serialize(type: GraphQLLeafType, value: unknown): unknown {
  let serialized: unknown;
  try {
    serialized = type.serialize(value);
  } catch (error) {
    throw new GiveUp('A value could not be serialized.', { cause: error });
  }
  if (serialized == null) throw new GiveUp('A value could not be serialized.');
  return serialized;
}

/** Refuses null, as the schema does. */
export function readNonNull(read: ValueReader): ValueReader {
  return (value, run) => {
    const result = read(value, run);
    if (result === null) throw new GiveUp('A non-null value is null.');
    return result;
  };
}

/** Reads each item of an array. */
export function readList(read: ValueReader): ValueReader {
  return (value, run) => {
    if (value === null) return null;
    if (!Array.isArray(value)) throw new GiveUp('A list was not loaded.');
    return value.map((item) => read(item, run));
  };
}

/**
 * Reads objects of one type.
 * @param self returns the user that an object is about, if only they may read it; null if everybody may.
 */
export function readObjects(fields: readonly FieldPlan[], self: SelfReader | null): ValueReader {
  return (value, run) => {
    if (value === null) return null;
    if (!isRecord(value)) throw new GiveUp('An object was not loaded.');
    if (self && Reflect.apply(self, undefined, [value]) !== run.viewerId) {
      throw new GiveUp('The viewer may not see an object.');
    }
    const answer: Record<string, unknown> = {};
    for (const { key, read, deferred } of fields) {
      const part = read(value, run);
      answer[key] = part;
      if (!(part instanceof Promise)) continue;
      // Awaiting it reports a failure; after another failure nobody awaits it.
      part.catch(() => undefined);
      if (!deferred) throw new GiveUp('A value is still to come.');
      run.pending.push({ field: deferred, value: part, put: (later) => (answer[key] = later) });
    }
    return answer;
  };
}

import type { Rows } from './rows.ts';
import type { Audience, Viewer } from './viewers.ts';

/** One way to ask for a root field. */
export interface Way {
  /** What is asked for besides the field, where that makes a difference. */
  readonly about: string;
  /** Arguments that work for who may use the field; made anew for each request. */
  variables(rows: Rows, viewer: Viewer): Promise<object> | object;
  /** Sent without the access token: a sign-in goes alone. */
  readonly alone?: boolean;
  /** Those for whom there is nothing, though they may ask. */
  readonly nothingFor?: readonly Audience[];
}

/** How to get to a type's fields: a root field, and the fields from there on. */
export interface Reach {
  readonly root: string;
  readonly way: Way;
  readonly fields: readonly string[];
  readonly nothingFor?: readonly Audience[];
}

/** Makes a way. */
export const way = (about: string, variables: Way['variables'], more: Partial<Way> = {}): Way => ({
  about,
  variables,
  ...more,
});

/** Makes a reach. */
export const reach = (
  root: string,
  rootWay: Way,
  fields: readonly string[] = [],
  nothingFor: readonly Audience[] = rootWay.nothingFor ?? [],
): Reach => ({ root, way: rootWay, fields, nothingFor });

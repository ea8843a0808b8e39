import type { Rows } from './rows.ts';
import type { Unserved, Viewer } from './viewers.ts';

/** A request for a root field. */
export interface RootRequest {
  /** Tells this request from others for the same field; empty when there is only one. */
  readonly about: string;
  /** Returns arguments that work for a viewer who may use the field; called for each request. */
  variables(rows: Rows, viewer: Viewer): Promise<object> | object;
  /** Sent without an access token, as sign-ins are. */
  readonly alone?: boolean;
  /** The viewers who may use the field but get nothing. */
  readonly nothingFor?: readonly Unserved[];
}

/** The path to a type's fields: a root field, and the fields below it. */
export interface TypePath {
  readonly root: string;
  readonly request: RootRequest;
  readonly fields: readonly string[];
  readonly nothingFor?: readonly Unserved[];
}

/** Creates a request. */
export const rootRequest = (
  about: string,
  variables: RootRequest['variables'],
  more: Partial<RootRequest> = {},
): RootRequest => ({
  about,
  variables,
  ...more,
});

/** Creates a path. */
export const typePath = (
  root: string,
  rootRequest: RootRequest,
  fields: readonly string[] = [],
  nothingFor: readonly Unserved[] = rootRequest.nothingFor ?? [],
): TypePath => ({ root, request: rootRequest, fields, nothingFor });

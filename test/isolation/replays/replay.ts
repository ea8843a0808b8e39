import {
  type ListName as EntityList,
  type EntityName,
  entities,
  listOf,
} from '../../../src/catalogue/entities.ts';
import { encodeGlobalId, type NodeTypeName } from '../../../src/graphql/global-id.ts';
import type { TestTenant } from '../../support/fleet.ts';
import type { ClientRequest } from '../../support/graphql-client.ts';
import { accessClaims, type Claims } from '../../support/tokens.ts';

/** The types that can be fetched by their global id, and have a row of each target. */
export const nodeTypes: readonly NodeTypeName[] = [...entities.map(({ name }) => name), 'AuditRecord'];

/** The lists that hand out cursors. */
export const listNames: readonly ListName[] = [...entities.map(({ name }) => listOf(name)), 'auditLog'];

/** One list that hands out cursors. */
export type ListName = EntityList | 'auditLog';

/** The target of a request: one row of each kind, with its cursors and credentials. */
export interface Target {
  readonly ids: Readonly<Record<NodeTypeName, string>>;
  readonly username: string;
  readonly password: string;
  readonly cursors: Readonly<Record<ListName, string>>;
  readonly search: string;
  /**
   * Creates another row, to be used up, and returns its id. A user has the target's password and a session of that id.
   */
  spare(typename: EntityName, state?: 'live' | 'deleted'): Promise<string>;
  /** Adds a correction of an attendance record, to be decided, and returns its id. */
  correction(): Promise<string>;
  /** Adds an employee who is at work, and returns their id. */
  employeeAtWork(): Promise<string>;
  /** Begins a session, to be ended, and returns its id. */
  session(owner: 'the user' | 'the administrator'): Promise<string>;
  /** Stores a refresh token that a test has signed. */
  storeRefreshToken(refreshToken: string): Promise<void>;
}

/** A tenant and what is in it. Every name in it ends with the tenant's key; ids, codes and accounts do not tell. */
export interface ReplayTenant extends TestTenant {
  /** The administrator's. */
  readonly token: string;
  /** Rows whose ids no other tenant has. */
  readonly own: Target;
  /** Rows whose ids, creation times and accounts are the same in both tenants. */
  readonly sameIds: Target;
  /** Signs claims with the fleet's key. */
  sign(claims: Claims): Promise<string>;
}

/** One way to reach for rows through one root field. */
export interface Replay {
  /** The argument that points to the rows: as in the schema, with dots into input objects. */
  readonly aim: string;
  readonly with: string;
  /** The request as the caller would send it to reach the target. */
  request(target: Target, caller: ReplayTenant): Promise<ClientRequest> | ClientRequest;
  /** The caller's result when the target is another tenant's; without data, null in the field and an error. */
  readonly refusal: { readonly data: object | null; readonly codes: readonly string[] };
  /** The proof that the caller's own rows were reached: a name in the answer, or a change in the database alone. */
  readonly proof: 'a name' | 'a change';
}

/** The replays of root fields by coordinate, e.g. `Query.users`. */
export type Replays = Readonly<Record<string, readonly Replay[]>>;

/** The refusal of a field that may be null. */
export const notThere = (field: string): Replay['refusal'] => ({ data: { [field]: null }, codes: [] });

/** The refusal of a list in which nothing is found. */
export const nothingIn = (list: string): Replay['refusal'] => ({
  data: { [list]: { edges: [], pageInfo: { totalCount: 0 } } },
  codes: [],
});

/** The refusal with a code. */
export const refused = (code: string): Replay['refusal'] => ({ data: null, codes: [code] });

type Variables = (id: string, caller: ReplayTenant, target: Target) => Promise<object> | object;

/** The parts of {@link byId} that differ between fields. */
interface ByIdOptions {
  readonly forms?: readonly ('UUID' | 'global id')[];
  /** The id to aim at; that of the target's own row unless told. */
  readonly idOf?: (target: Target) => Promise<string> | string;
  readonly proof?: Replay['proof'];
}

/** A replay for each of the two forms of an id. */
export function byId(
  aim: string,
  typename: NodeTypeName | 'Session' | 'AttendanceCorrection',
  refusal: Replay['refusal'],
  variables: Variables,
  { forms = ['UUID', 'global id'], idOf, proof = 'a name' }: ByIdOptions = {},
): Replay[] {
  const pick =
    idOf ??
    ((target: Target) =>
      typename === 'Session' || typename === 'AttendanceCorrection' ? '' : target.ids[typename]);
  return forms.map((form) => ({
    aim,
    with: `a ${typename}’s ${form}`,
    refusal,
    proof,
    request: async (target, caller) => {
      const uuid = await pick(target);
      const id = form === 'UUID' ? uuid : encodeGlobalId(typename, uuid);
      return { token: caller.token, variables: { ...(await variables(id, caller, target)) } };
    },
  }));
}

/** The replays of a list: its cursors and, where it has one, its search. */
export function list(name: ListName): Replay[] {
  const cursor = (aim: 'after' | 'before', size: 'first' | 'last'): Replay => ({
    aim,
    with: 'a cursor',
    refusal: refused('VALIDATION_FAILED'),
    proof: 'a name',
    request: ({ cursors }, { token }) => ({ token, variables: { [size]: 10, [aim]: cursors[name] } }),
  });
  const search: Replay = {
    aim: 'search',
    with: 'names',
    refusal: nothingIn(name),
    proof: 'a name',
    request: ({ search: text }, { token }) => ({ token, variables: { search: text } }),
  };
  return [cursor('after', 'first'), cursor('before', 'last'), ...(name === 'auditLog' ? [] : [search])];
}

/** The replays of a list's filters that name rows of other types. */
export function filters(name: ListName, types: Readonly<Record<string, NodeTypeName>>): Replay[] {
  return Object.entries(types).flatMap(([argument, typename]) =>
    byId(argument, typename, nothingIn(name), (id) => ({ [argument]: id })),
  );
}

/** The replay of a field that reaches rows through who asks alone: a token that names a user of the target's. */
export function bySubject(
  refusal: Replay['refusal'],
  variables: (caller: ReplayTenant, target: Target) => Promise<object> | object,
  {
    idOf = ({ ids }: Target) => ids.User,
    proof = 'a name',
  }: { idOf?: (target: Target) => Promise<string> | string; proof?: Replay['proof'] } = {},
): Replay {
  return {
    aim: 'the token’s subject',
    with: 'a user’s id',
    refusal,
    proof,
    request: async (target, caller) => ({
      token: await caller.sign(accessClaims(caller.tenantKey, await idOf(target))),
      variables: { ...(await variables(caller, target)) },
    }),
  };
}

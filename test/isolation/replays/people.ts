import { randomUUID } from 'node:crypto';
import { testedEntity } from '../../entities/entity-table.ts';
import {
  byId,
  bySubject,
  filters,
  list,
  nodeTypes,
  nothingIn,
  notThere,
  type Replay,
  type Replays,
  type ReplayTenant,
  refused,
} from './replay.ts';

/** An account that nobody has yet. */
export function newAccount() {
  const username = `new-${randomUUID()}`;
  return { username, email: `${username}@example.com`, password: 'Password123!', fullName: 'New' };
}

/** The replays of the inputs that put a user into a department, a role and a branch. */
function references(variables: (caller: ReplayTenant, reference: object) => object): Replay[] {
  return Object.entries(testedEntity('User').references).flatMap(([field, typename]) =>
    byId(`input.${field}`, typename, refused('VALIDATION_FAILED'), (id, caller) =>
      variables(caller, { [field]: id }),
    ),
  );
}

const userOnly = (userId: string) => ({ userId });

/** The replays of users, nodes and the audit log. */
export const peopleReplays: Replays = {
  'Query.me': [bySubject({ data: { me: null }, codes: ['UNAUTHENTICATED'] }, () => ({}))],
  'Query.viewer': [bySubject({ data: { viewer: null }, codes: ['UNAUTHENTICATED'] }, () => ({}))],
  'Query.users': [...list('users'), ...filters('users', testedEntity('User').filters)],
  'Query.user': byId('userId', 'User', notThere('user'), userOnly),
  'Query.node': nodeTypes.flatMap((typename) =>
    byId('id', typename, notThere('node'), (id) => ({ id }), { forms: ['global id'] }),
  ),
  'Query.nodes': nodeTypes.flatMap((typename) =>
    byId('ids', typename, { data: { nodes: [null] }, codes: [] }, (id) => ({ ids: [id] }), {
      forms: ['global id'],
    }),
  ),
  'Mutation.createUser': references((_caller, reference) => ({
    input: { ...newAccount(), ...reference },
  })),
  'Mutation.updateUser': [
    ...byId('userId', 'User', refused('NOT_FOUND'), (userId) => ({
      userId,
      input: { position: `Changed ${randomUUID()}` },
    })),
    ...references((caller, reference) => ({ userId: caller.own.ids.User, input: reference })),
  ],
  'Mutation.deleteUser': byId('userId', 'User', refused('NOT_FOUND'), userOnly, {
    idOf: (target) => target.spare('User'),
  }),
  'Mutation.restoreUser': byId('userId', 'User', refused('NOT_FOUND'), userOnly, {
    idOf: (target) => target.spare('User', 'deleted'),
  }),
  'Mutation.resetPassword': byId('userId', 'User', refused('NOT_FOUND'), userOnly, {
    idOf: (target) => target.spare('User'),
    proof: 'a change',
  }),
  'Mutation.unlockUser': byId('userId', 'User', refused('NOT_FOUND'), userOnly, {
    idOf: (target) => target.spare('User'),
    proof: 'a name',
  }),
  'Query.auditLog': [
    ...list('auditLog'),
    ...filters('auditLog', { userId: 'User' }),
    ...byId('entityId', 'User', nothingIn('auditLog'), (entityId) => ({ entityId })),
  ],
};

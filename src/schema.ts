import './modules/audit/audit.queries.ts';
import './modules/audit/audit.type.ts';
import './modules/branches/branch.mutations.ts';
import './modules/departments/department.mutations.ts';
import './modules/roles/role.mutations.ts';
import './modules/session/session.queries.ts';
import './modules/session/session.type.ts';
import './modules/users/user.authors.ts';
import './modules/branches/branch.queries.ts';
import './modules/branches/branch.type.ts';
import './modules/departments/department.queries.ts';
import './modules/departments/department.type.ts';
import './modules/roles/role.queries.ts';
import './modules/roles/role.type.ts';
import './modules/session/session.mutations.ts';
import './modules/users/user.mutations.ts';
import './modules/users/user.queries.ts';
import './modules/users/user.type.ts';
import { builder } from './graphql/builder.ts';
import { assertEveryFieldGuarded } from './graphql/guarded-fields.ts';

/** The GraphQL schema of every module. Loading it fails when a field has no guard and is not listed as public. */
export const schema = builder.toSchema();

assertEveryFieldGuarded(schema);

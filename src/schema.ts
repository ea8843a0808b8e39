import './modules/audit/audit.queries.ts';
import './modules/audit/audit.type.ts';
import './modules/assets/asset.mutations.ts';
import './modules/assets/asset.queries.ts';
import './modules/branches/branch.mutations.ts';
import './modules/departments/department.mutations.ts';
import './modules/roles/role.mutations.ts';
import './modules/session/session.queries.ts';
import './modules/session/session.type.ts';
import './modules/session/viewer.queries.ts';
import './modules/session/viewer.type.ts';
import './modules/users/user.authors.ts';
import './modules/branches/branch.queries.ts';
import './modules/branches/branch.type.ts';
import './modules/departments/department.children.ts';
import './modules/departments/department.queries.ts';
import './modules/departments/department.type.ts';
import './modules/roles/role.queries.ts';
import './modules/roles/role.type.ts';
import './modules/session/session.mutations.ts';
import './modules/users/user.mutations.ts';
import './modules/users/user.queries.ts';
import './modules/users/user.type.ts';
import './modules/managers/manager.mutations.ts';
import './modules/managers/manager.queries.ts';
import './modules/managers/manager.type.ts';
import './modules/managers/manager-audit.queries.ts';
import './modules/managers/manager-audit.type.ts';
import './modules/tenants/provisioning-job.mutations.ts';
import './modules/tenants/provisioning-job.queries.ts';
import './modules/tenants/provisioning-job.type.ts';
import './modules/tenants/tenant.mutations.ts';
import './modules/tenants/tenant.queries.ts';
import './modules/tenants/tenant.type.ts';
import './modules/tenants/tenant-config.mutations.ts';
import './modules/tenants/tenant-config.queries.ts';
import './modules/tenants/tenant-config.type.ts';
import { assertAnswerSourcesDeclared } from './graphql/answer-sources.ts';
import { refuseUnusableArguments } from './graphql/argument-problems.ts';
import { builder } from './graphql/builder.ts';
import { assertEveryFieldGuarded } from './graphql/guarded-fields.ts';
import { rereadRightsAtEachTurn } from './graphql/mutation-turns.ts';
import { assertOptionsUnderstood } from './graphql/plans/understood-options.ts';
import { takeQueryTurns } from './graphql/query-turns.ts';
import { assertRefusalsStayAlone } from './graphql/refusable-fields.ts';

/**
 * The GraphQL schema of every module. Loading it fails when a field has no guard and is not listed as public, when its
 * refusal would null more than itself, or when it does not say what its values follow from.
 */
export const schema = builder.toSchema();

schema.description = `The API of one platform for many companies, called tenants: each has a database of its own.
\`login\` opens a session; send its access token as \`Authorization: Bearer …\`. The token says which tenant a request is in.
Fields of type \`ID\` are global ids, those of type \`UUID\` the same without the type. Arguments of type \`ID\` take either.
Lists are connections in the sense of Relay. A field that is refused is null alone, with an error that has a \`code\`.`;

assertEveryFieldGuarded(schema);
assertRefusalsStayAlone(schema);
assertOptionsUnderstood(schema);
assertAnswerSourcesDeclared(schema);
takeQueryTurns(schema);
refuseUnusableArguments(schema);
rereadRightsAtEachTurn(schema);

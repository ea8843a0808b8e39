import './modules/activities/index.ts';
import './modules/assets/index.ts';
import './modules/assignments/index.ts';
import './modules/attendance/index.ts';
import './modules/audit/index.ts';
import './modules/branches/index.ts';
import './modules/contacts/index.ts';
import './modules/customers/index.ts';
import './modules/deals/index.ts';
import './modules/departments/index.ts';
import './modules/employees/index.ts';
import './modules/holidays/index.ts';
import './modules/leave-entitlements/index.ts';
import './modules/leave-requests/index.ts';
import './modules/leave-types/index.ts';
import './modules/managers/index.ts';
import './modules/pipeline-summary/index.ts';
import './modules/pipelines/index.ts';
import './modules/roles/index.ts';
import './modules/session/index.ts';
import './modules/stages/index.ts';
import './modules/tenants/index.ts';
import './modules/users/index.ts';
import { assertAnswerSourcesDeclared } from './graphql/answer-sources.ts';
import { refuseUnusableArguments } from './graphql/argument-problems.ts';
import { builder } from './graphql/builder.ts';
import { completeSchema } from './graphql/complete-schema.ts';
import { assertEveryFieldGuarded } from './graphql/guarded-fields.ts';
import { rereadRightsBeforeMutations } from './graphql/mutation-rights.ts';
import { assertOptionsSupported } from './graphql/plans/supported-options.ts';
import { assertRefusalsIsolated } from './graphql/refusable-fields.ts';
import { serializeQueries } from './graphql/serial-queries.ts';

/**
 * The GraphQL schema of every module. Loading it fails when a field has no guard and is not listed as public, when its
 * refusal would null more than itself, or when it does not say what its values follow from.
 */
export const schema = completeSchema(() => builder.toSchema());

schema.description = `The API of one platform for many companies, called tenants: each has a database of its own.
\`login\` opens a session; send its access token as \`Authorization: Bearer …\`. The token says which tenant a request is in.
Fields of type \`ID\` are global ids, those of type \`UUID\` the same without the type. Arguments of type \`ID\` take either.
Lists are connections in the sense of Relay. A field that is refused is null alone, with an error that has a \`code\`.`;

assertEveryFieldGuarded(schema);
assertRefusalsIsolated(schema);
assertOptionsSupported(schema);
assertAnswerSourcesDeclared(schema);
serializeQueries(schema);
refuseUnusableArguments(schema);
rereadRightsBeforeMutations(schema);

import './modules/assets/index.ts';
import './modules/audit/index.ts';
import './modules/branches/index.ts';
import './modules/departments/index.ts';
import './modules/managers/index.ts';
import './modules/roles/index.ts';
import './modules/session/index.ts';
import './modules/tenants/index.ts';
import './modules/users/index.ts';
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

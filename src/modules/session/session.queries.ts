import { listSessions, maximumOpenSessions } from '../../auth/sessions/sessions.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { countsAs } from '../../graphql/costs.ts';
import { sessionOwner } from './session.owner.ts';
import { SessionType } from './session.type.ts';

builder.queryField('sessions', (t) =>
  t.field({
    type: [SessionType],
    extensions: { ...countsAs(maximumOpenSessions), ...fromOutside },
    description:
      'Your active sessions, the last used first. With `userId`, those of that user; needs `users:write`.',
    args: { userId: t.arg.id({ description: 'Another user’s global id or UUID.' }) },
    authScopes: { signedIn: true },
    resolve: async (_root, { userId }, context) => {
      const { realm, accountId } = await sessionOwner(context, userId, 'users:write');
      const sessions = await listSessions(realm.identity, accountId);
      return sessions.map((session) => ({
        ...session,
        isCurrent: session.id === context.viewer.sessionId,
      }));
    },
  }),
);

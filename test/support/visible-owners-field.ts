import { z } from 'zod';
import { isPermissionCode } from '../../src/auth/permissions.ts';
import { visibleOwners } from '../../src/auth/viewer.ts';
import { fromOutside } from '../../src/graphql/answer-sources.ts';
import { builder } from '../../src/graphql/builder.ts';

const permissionSchema = z.string().refine(isPermissionCode);

// Shows through a whole request whose rows the viewer may reach. To be imported before the schema is built.
builder.queryField('visibleOwners', (t) =>
  t.field({
    type: 'JSON',
    nullable: true,
    description: 'The users whose rows the viewer may reach with a permission.',
    extensions: fromOutside,
    args: { permission: t.arg.string({ required: true, description: 'The code of the permission.' }) },
    authScopes: { inTenant: true },
    resolve: (_root, { permission }, { viewer }) => visibleOwners(viewer, permissionSchema.parse(permission)),
  }),
);

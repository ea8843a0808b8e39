import { AssetStatus } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId } from '../../graphql/entities/to-one.ts';
import { assets } from './asset.service.ts';

builder.enumType(AssetStatus, {
  name: 'AssetStatus',
  description: 'Where a thing that the company owns is in its life.',
  values: {
    STORED: { description: 'Waits to be handed out.' },
    IN_USE: { description: 'Is in use.' },
    REPAIR: { description: 'Is being repaired.' },
    RETIRED: { description: 'Was sold, scrapped or lost.' },
  },
});

export const AssetType = builder.prismaNode('Asset', {
  ...entityNode(assets),
  description: 'A thing that the company owns and hands out. Needs `assets:read`.',
  fields: (t) => ({
    ...exposedFields(t, assets),
    holderId: t.id(referenceId(assets, 'holderId')),
    branchId: t.id(referenceId(assets, 'branchId')),
    holder: t.relation('holder', {
      nullable: true,
      description: 'Who has it; null while it is in store. Needs `users:read`, unless it is you.',
    }),
    branch: t.relation('branch', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The branch where it is kept.',
    }),
  }),
});

import { AssetStatus } from '../../generated/tenant/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
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
    code: t.exposeString('code', { description: 'The number on its label, e.g. `NB-0042`.' }),
    name: t.exposeString('name', { description: 'What it is, for people.' }),
    serialNumber: t.exposeString('serialNumber', {
      nullable: true,
      description: 'The manufacturer’s number.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'Anything else about it.' }),
    status: t.expose('status', { type: AssetStatus, description: 'Where it is in its life.' }),
    purchasedOn: t.expose('purchasedOn', {
      type: 'Date',
      nullable: true,
      description: 'The day on which it was bought.',
    }),
    price: t.expose('price', {
      type: 'Decimal',
      nullable: true,
      description: 'What it cost, in the currency of the books.',
    }),
    warrantyMonths: t.exposeInt('warrantyMonths', {
      nullable: true,
      description: 'The length of its warranty, in months.',
    }),
    inventoriedAt: t.expose('inventoriedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last found in an inventory.',
    }),
    holderId: t.id({
      ...referenceId(assets, 'holderId'),
      description:
        'The holder’s global id, the same as `holder { id }`. Needs `users:read`, unless it is you.',
    }),
    branchId: t.id({
      ...referenceId(assets, 'branchId'),
      description: 'The branch’s global id, the same as `branch { id }`.',
    }),
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

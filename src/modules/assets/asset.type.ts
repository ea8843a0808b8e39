import { builder } from '../../graphql/builder.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { assets } from './asset.service.ts';

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

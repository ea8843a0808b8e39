import { defineEntity } from '../../entities/entity.ts';
import {
  choice,
  code,
  date,
  decimal,
  initially,
  integer,
  moment,
  optional,
  optionalLines,
  optionalReference,
  optionalText,
  text,
} from '../../entities/fields.ts';
import { AssetStatus } from '../../generated/tenant/enums.ts';

/** The things that the company owns and hands out. */
export const assets = defineEntity('Asset', {
  delegate: ({ asset }) => asset,
  label: 'name',
  search: ['code', 'name', 'serialNumber'],
  unique: { assets_code_live_key: 'code' },
  fields: {
    code: code({ description: 'The number on its label, e.g. `NB-0042`.' }),
    name: text(128, { description: 'What it is, for people.' }),
    serialNumber: optionalText(128, { description: 'The manufacturer’s number.' }),
    note: optionalLines(1024, { description: 'Anything else about it.' }),
    status: initially('STORED', choice(AssetStatus, { description: 'Where it is in its life.' })),
    purchasedOn: optional(date({ description: 'The day on which it was bought.' })),
    price: optional(
      decimal(19, 4, { minimum: 0, description: 'What it cost, in the currency of the books.' }),
    ),
    warrantyMonths: optional(integer(0, 600, { description: 'The length of its warranty, in months.' })),
    inventoriedAt: optional(moment({ description: 'When it was last found in an inventory.' })),
    holderId: optionalReference('User', { description: 'Who has it.' }),
    branchId: optionalReference('Branch', { description: 'The branch where it is kept.' }),
  },
});

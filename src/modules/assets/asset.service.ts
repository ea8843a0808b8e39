import { defineEntity } from '../../entities/entity.ts';
import { code, optionalReference, optionalText, text } from '../../entities/fields.ts';

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
    note: optionalText(1024, { description: 'Anything else about it.' }),
    holderId: optionalReference('User', { description: 'Who has it.' }),
    branchId: optionalReference('Branch', { description: 'The branch where it is kept.' }),
  },
});

import { defineEntity } from '../../entities/entity.ts';
import { code, optionalPhone, optionalText, text, toggle } from '../../entities/fields.ts';

/** The places of business. */
export const branches = defineEntity('Branch', {
  delegate: ({ branch }) => branch,
  label: 'name',
  search: ['code', 'name'],
  unique: { branches_code_live_key: 'code' },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `SEOUL`.' }),
    name: text(128, { description: 'The name for people.' }),
    address: optionalText(512, { description: 'The postal address.' }),
    phone: optionalPhone({ description: 'The telephone number.' }),
    isActive: toggle(true, { description: 'Whether the branch is open.' }),
  },
  dependents: [
    { entity: 'User', column: 'branchId' },
    { entity: 'Employee', column: 'branchId' },
    { entity: 'Asset', column: 'branchId' },
  ],
});

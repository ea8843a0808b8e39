import { defineEntity } from '../../entities/entity.ts';
import { code, optionalText, text } from '../../entities/fields.ts';

/** The named sets of permissions, as far as they are like any entity. What is theirs alone is in role.service.ts. */
export const roles = defineEntity('Role', {
  delegate: ({ role }) => role,
  label: 'name',
  search: ['code', 'name'],
  unique: { roles_code_live_key: 'code' },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `sales_head`.' }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'What the role is for.' }),
  },
  isIdentity: true,
});

import { emailSchema } from '../../auth/email-addresses.ts';
import { defineEntity } from '../../entities/entity.ts';
import {
  optionalPhone,
  optionalReference,
  optionalText,
  required,
  text,
  toggle,
} from '../../entities/fields.ts';
import { afterUserChange, checkUser, guardUser } from './user-rules.service.ts';

/** The people who can sign in. What is theirs alone, such as passwords, is in user.service.ts. */
export const users = defineEntity('User', {
  delegate: ({ user }) => user,
  label: 'username',
  search: ['fullName'],
  searchLowerCase: ['username', 'email'],
  unique: { users_username_live_key: 'username', users_email_live_key: 'email' },
  fields: {
    email: required('String', emailSchema, 'The email address, stored in lower case.'),
    fullName: text(128, { description: 'The name to show.' }),
    phone: optionalPhone({ description: 'The telephone number.' }),
    position: optionalText(128, { description: 'The position in the company.' }),
    departmentId: optionalReference('Department', {
      description: 'The department that the user belongs to.',
    }),
    roleId: optionalReference('Role', {
      description: 'The role that decides what the user may do. It may grant nothing that you lack.',
    }),
    branchId: optionalReference('Branch', { description: 'The branch that the user works at.' }),
    isActive: toggle(true, { description: 'Whether the user may sign in.' }),
  },
  isIdentity: true,
  guard: guardUser,
  check: checkUser,
  after: afterUserChange,
});

import { defineEntity } from '../../entities/entity.ts';
import {
  businessNumber,
  choice,
  code,
  initially,
  optional,
  optionalEmail,
  optionalPhone,
  optionalReference,
  optionalText,
  text,
  textList,
  webAddress,
} from '../../entities/fields.ts';
import { CustomerKind, CustomerSize, CustomerStatus } from '../../generated/tenant/enums.ts';
import { refuseDuplicates, refuseTakenNumber } from './duplicate.service.ts';

/** The most characters of a name. */
export const longestName = 128;

/** The most tags of a customer. */
export const mostTags = 20;

/** The most characters of a tag. */
export const longestTag = 64;

/** The companies and people that buy, or may buy. */
export const customers = defineEntity('Customer', {
  delegate: ({ customer }) => customer,
  label: 'name',
  search: ['code', 'name', 'businessNumber', 'phone'],
  searchLowerCase: ['email'],
  unique: { customers_code_live_key: 'code', customers_business_number_live_key: 'businessNumber' },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `C-0042`.' }),
    name: text(longestName, { description: 'The name of the company or the person.' }),
    kind: initially('COMPANY', choice(CustomerKind, { description: 'Whether it is a company or a person.' })),
    businessNumber: optional(businessNumber({ description: 'The Korean business registration number.' })),
    phone: optionalPhone({ description: 'The telephone number.' }),
    email: optionalEmail({ description: 'The email address.' }),
    website: optional(webAddress(255, { description: 'The address of its website.' })),
    address: optionalText(512, { description: 'The postal address.' }),
    industry: optionalText(64, { description: 'What it does business with.' }),
    size: optional(choice(CustomerSize, { description: 'How large its business is.' })),
    status: initially(
      'LEAD',
      choice(CustomerStatus, { description: 'How far the business with it has come.' }),
    ),
    tags: initially(
      [],
      textList(mostTags, longestTag, { description: 'Words to find it by, of your own choice.' }),
    ),
    ownerId: optionalReference('User', { description: 'Who looks after it.' }),
  },
  dependents: [
    // Who takes them over may have a primary contact already.
    { entity: 'Contact', column: 'customerId', whenMoved: { isPrimary: false } },
    { entity: 'Deal', column: 'customerId' },
    { entity: 'Activity', column: 'customerId' },
  ],
  prepare: refuseDuplicates,
  // It is one of its own again.
  atRestore: async () => ({ mergedIntoId: null }),
});

/** {@link customers}, for somebody who knows that theirs is another one than those of the same name and telephone number. */
export const customersAsTold = { ...customers, prepare: refuseTakenNumber };

import { defineEntity } from '../../entities/entity.ts';
import {
  currency,
  date,
  decimal,
  fixed,
  givenByItself,
  initially,
  optional,
  optionalLines,
  optionalReference,
  reference,
  text,
} from '../../entities/fields.ts';
import {
  checkContact,
  checkSuccessor,
  contactAtRestore,
  leaveContactBehind,
  takeActivitiesAlong,
} from './deal-customer.service.ts';
import { assertBeginsOpen, stateAtRestore } from './deal-stage.service.ts';

/** What customers may buy, or have bought. */
export const deals = defineEntity('Deal', {
  delegate: ({ deal }) => deal,
  label: 'title',
  search: ['title'],
  unique: {},
  fields: {
    title: text(255, { description: 'What it is about.' }),
    description: optionalLines(4096, { description: 'Anything else about it.' }),
    customerId: reference('Customer', { description: 'Who may buy.' }),
    contactId: optionalReference('Contact', { description: 'Whom one talks to about it.' }),
    ownerId: optionalReference('User', { description: 'Who looks after it.' }),
    amount: optional(decimal(19, 4, { minimum: 0, description: 'What it is worth.' })),
    currency: initially('KRW', currency({ description: 'The currency of the amount.' })),
    expectedCloseOn: optional(date({ description: 'The day on which it is expected to be won.' })),
    stageId: fixed(
      givenByItself(
        reference('Stage', {
          description:
            'The stage in which it begins, an open one. Left out, it is the first open stage of the default pipeline.',
        }),
      ),
    ),
  },
  dependents: [{ entity: 'Activity', column: 'dealId' }],
  check: checkContact,
  checkReassignTarget: checkSuccessor,
  prepare: async (change) => ({ ...(await assertBeginsOpen(change)), ...leaveContactBehind(change) }),
  after: takeActivitiesAlong,
  atRestore: async (change) => ({ ...(await stateAtRestore(change)), ...(await contactAtRestore(change)) }),
});

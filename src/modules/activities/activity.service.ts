import { defineEntity, type RowOf } from '../../entities/entity.ts';
import { choice, moment, optional, optionalLines, optionalReference, text } from '../../entities/fields.ts';
import { type FieldProblem, message, nounOf, ValidationFailedError } from '../../errors/index.ts';
import { ActivityKind } from '../../generated/tenant/enums.ts';
import { prepareSubjectMatter } from './subject-matter.service.ts';

/** What people do, or have done, with customers. */
export const activities = defineEntity('Activity', {
  delegate: ({ activity }) => activity,
  label: 'subject',
  search: ['subject'],
  unique: {},
  fields: {
    kind: choice(ActivityKind, { description: 'What it is.' }),
    subject: text(255, { description: 'What it is about.' }),
    body: optionalLines(4096, { description: 'What there is to know, or what was said.' }),
    customerId: optionalReference('Customer', {
      description: 'The customer whom it is about: that of the deal or the contact, if none is named.',
    }),
    contactId: optionalReference('Contact', { description: 'The contact whom it is about.' }),
    dealId: optionalReference('Deal', { description: 'The deal that it is about.' }),
    assigneeId: optionalReference('User', { description: 'Who is to do it, or has done it.' }),
    dueAt: optional(moment({ description: 'When it is to be done.' })),
    doneAt: optional(moment({ description: 'When it was done.' })),
  },
  check: async ({ before, changes }) =>
    isAboutNothing({ ...before, ...changes })
      ? [{ path: ['input', 'customerId'], message: message('field.aboutNothing') }]
      : [],
  prepare: prepareSubjectMatter,
  atRestore: async ({ before, changes }) => {
    if (isAboutNothing({ ...before, ...changes })) {
      throw new ValidationFailedError(goneReferences(Object.keys(changes)));
    }
    return {};
  },
});

/** An activity about nothing would be found nowhere. */
function isAboutNothing({ customerId, contactId, dealId }: Partial<RowOf<'Activity'>>): boolean {
  return (customerId ?? contactId ?? dealId) == null;
}

const subjects = { customerId: 'Customer', contactId: 'Contact', dealId: 'Deal' } as const;

/** What an activity was about, among the columns whose rows are gone. */
function goneReferences(columns: readonly string[]): FieldProblem[] {
  return Object.entries(subjects).flatMap(([column, type]) =>
    columns.includes(column)
      ? [
          {
            path: ['activityId', column],
            message: message('field.referenceGone', { type: nounOf(type) }),
          },
        ]
      : [],
  );
}

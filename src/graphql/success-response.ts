import { builder } from './builder.ts';

/** The answer of a mutation that has no object to return. */
export const SuccessResponse = builder
  .objectRef<{ success: boolean; message: string | null }>('SuccessResponse')
  .implement({
    description: 'Says that a mutation did what it was asked to.',
    fields: (t) => ({
      success: t.exposeBoolean('success', { description: 'Always true: a failure is an error.' }),
      message: t.exposeString('message', { nullable: true, description: 'What was done, for people.' }),
    }),
  });

import { builder } from './builder.ts';
import { encodeGlobalId } from './global-id.ts';

/** The result of a mutation that has no object to return. */
interface Success {
  readonly message: string;
  readonly deletedId: string | null;
  readonly movedCount: number | null;
}

/** The answer of a mutation that has no object to return. */
export const SuccessResponse = builder.objectRef<Success>('SuccessResponse').implement({
  description: 'Says that a mutation did what it was asked to.',
  fields: (t) => ({
    success: t.boolean({ description: 'Always true: a failure is an error.', resolve: () => true }),
    message: t.exposeString('message', { nullable: true, description: 'What was done, for people.' }),
    deletedId: t.exposeID('deletedId', {
      nullable: true,
      description: 'The global id of what is gone now; null when nothing was deleted.',
    }),
    movedCount: t.exposeInt('movedCount', {
      nullable: true,
      description:
        'How many rows `reassignTo` has taken over; null when it was not given, or when you may not read what was deleted.',
    }),
  }),
});

/** Says what was done. */
export function succeeded(message: string): Success {
  return { message, deletedId: null, movedCount: null };
}

/**
 * Says what was deleted.
 * @param movedCount how many rows something else has taken over; null when that is not to be told.
 */
export function deleted(
  typename: string,
  id: string,
  message: string,
  movedCount: number | null = null,
): Success {
  return { message, deletedId: encodeGlobalId(typename, id), movedCount };
}

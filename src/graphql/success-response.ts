import { builder } from './builder.ts';
import { encodeGlobalId } from './global-id.ts';

/** The result of a mutation that has no object to return. */
interface Success {
  readonly message: string;
  readonly deletedId: string | null;
  readonly movedCount: number | null;
}

/** The result type of a mutation that has no object to return. */
export const SuccessResponse = builder.objectRef<Success>('SuccessResponse').implement({
  description: 'Confirms that a mutation has succeeded.',
  fields: (t) => ({
    success: t.boolean({ description: 'Always true: a failure is an error.', resolve: () => true }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'A message for people about what was done.',
    }),
    deletedId: t.exposeID('deletedId', {
      nullable: true,
      description: 'The global id of the deleted object; null when nothing was deleted.',
    }),
    movedCount: t.exposeInt('movedCount', {
      nullable: true,
      description:
        'The number of rows moved to `reassignTo`; null when it was not given, or when you may not read the deleted object.',
    }),
  }),
});

/** Creates the response of a mutation. */
export function succeeded(message: string): Success {
  return { message, deletedId: null, movedCount: null };
}

/**
 * Creates the response of a deletion.
 * @param movedCount the number of rows that were reassigned; null if the viewer may not know it.
 */
export function deleted(
  typename: string,
  id: string,
  message: string,
  movedCount: number | null = null,
): Success {
  return { message, deletedId: encodeGlobalId(typename, id), movedCount };
}

import { type FieldProblem, message } from '../../errors/index.ts';

/** What refers to a deleted row is taken over by one of the same customer: it is about that customer too. */
export function checkSameCustomer(rows: readonly { readonly customerId: string }[]): FieldProblem[] {
  return new Set(rows.map(({ customerId }) => customerId)).size === 1
    ? []
    : [{ path: ['reassignTo'], message: message('field.otherCustomer') }];
}

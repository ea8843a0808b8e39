import { type FieldMessage, message } from '../errors/index.ts';

const messages: ReadonlyMap<string | undefined, FieldMessage> = new Map<string, FieldMessage>([
  ['code', message('taken.code')],
  ['username', message('taken.username')],
  ['email', message('taken.email')],
  ['businessNumber', message('taken.businessNumber')],
  ['isAnnual', message('taken.annualLeave')],
]);

/** Returns the message about a value that another row already has. */
export function takenMessage(field: string | undefined): FieldMessage {
  return messages.get(field) ?? message('taken.value');
}

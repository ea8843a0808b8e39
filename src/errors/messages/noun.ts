import type { EntityName } from '../../catalogue/entities.ts';
import { type Message, message } from './message.ts';

/** What people call an entity, in a message about it. */
export function nounOf(name: EntityName): Message {
  return message(`type.${name}`);
}

import type { EntityName } from '../../catalogue/entities.ts';
import { type Message, message } from './message.ts';

/** Returns the noun for an entity, for use in a message. */
export function nounOf(name: EntityName): Message {
  return message(`type.${name}`);
}

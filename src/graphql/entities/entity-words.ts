import type { EntityName } from '../../catalogue/entities.ts';
import { nounOf, say } from '../../errors/index.ts';

/** An entity in descriptions: `department`, `a department`, `departments`. */
export interface EntityWords {
  readonly one: string;
  readonly a: string;
  readonly many: string;
}

/** The words for an entity. Its resource is its plural. */
export function wordsFor({
  name,
  resource,
}: {
  readonly name: EntityName;
  readonly resource: string;
}): EntityWords {
  const one = say(nounOf(name), 'en');
  // «A user», because of how it is spoken.
  return { one, a: `${/^(?:[aeio]|un(?!i))/.test(one) ? 'an' : 'a'} ${one}`, many: resource };
}

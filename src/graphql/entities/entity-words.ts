import { type EntityName, listOf } from '../../catalogue/entities.ts';
import { nounOf, say } from '../../errors/index.ts';

/** An entity in descriptions: `department`, `a department`, `departments`. */
export interface EntityWords {
  readonly one: string;
  readonly a: string;
  readonly many: string;
}

/** The words for an entity. The name of its list is its plural. */
export function wordsFor({ name }: { readonly name: EntityName }): EntityWords {
  const one = say(nounOf(name), 'en');
  // «A user», because of how it is spoken.
  return { one, a: `${/^(?:[aeio]|un(?!i))/.test(one) ? 'an' : 'a'} ${one}`, many: spelledOut(listOf(name)) };
}

/** `leaveTypes` as people write it: `leave types`. */
function spelledOut(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

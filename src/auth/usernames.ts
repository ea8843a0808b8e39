import { textSchema } from '../db/text.ts';
import { foldedName, within } from '../db/text-forms.ts';

const maximumUsernameLength = 64;

/** The name that somebody signs in with, folded. Marks belong to the letters before them, and joiners to words. */
export const usernameSchema = textSchema(maximumUsernameLength)
  .overwrite(foldedName)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}._-]{2,}$/u, 'field.username');

/**
 * The names under which the account of whoever types this may be kept, the likelier first: names from before they were
 * folded by width are kept as they were typed then. None for what can be nobody's name.
 */
export function usernamesOf(typed: string): string[] {
  const older = within(maximumUsernameLength, (text) => text.normalize('NFC').trim().toLowerCase())(typed);
  const folded = within(maximumUsernameLength, foldedName)(typed);
  return [...new Set([older, folded])].filter(
    (name) => name !== '' && name.length <= maximumUsernameLength && !/\p{Cc}/u.test(name),
  );
}

import { textSchema } from '../db/text.ts';
import { foldedName, within } from '../db/text-forms.ts';

const maximumUsernameLength = 64;

/** A sign-in name, folded. Marks are allowed as parts of letters, and joiners as parts of words. */
export const usernameSchema = textSchema(maximumUsernameLength)
  .overwrite(foldedName)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}._-]{2,}$/u, 'field.username');

/**
 * Returns the names under which the account may be stored when somebody types this, the likelier one first: names
 * from before width folding are stored as they were typed. Empty when it can't be anybody's name.
 */
export function usernamesOf(typed: string): string[] {
  const older = within(maximumUsernameLength, (text) => text.normalize('NFC').trim().toLowerCase())(typed);
  const folded = within(maximumUsernameLength, foldedName)(typed);
  return [...new Set([older, folded])].filter(
    (name) => name !== '' && name.length <= maximumUsernameLength && !/\p{Cc}/u.test(name),
  );
}

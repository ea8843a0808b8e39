import type { english } from './english.ts';

/** What can be said, by its name in the catalogue. */
export type MessageKey = keyof typeof english;

/** What follows the name of a section in the names of the catalogue, e.g. `User` in `type.User`. */
export type NameIn<Section extends string, Key = MessageKey> = Key extends `${Section}.${infer Name}`
  ? Name
  : never;

/** The names in braces of a text. */
type FactNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;

/** What stands in a text in place of a name in braces; messages are put into the words of the same language. */
type Fact = string | number | Message | readonly Message[];

type FactsOf<Key extends MessageKey> = Readonly<Record<FactNames<(typeof english)[Key]>, Fact>>;

/** Something to say to people, in no language yet. */
export interface Message<Key extends MessageKey = MessageKey> {
  readonly key: Key;
  readonly facts: Readonly<Record<string, Fact>>;
}

/** Names a text of the catalogue together with the facts that it needs. */
export function message<Key extends MessageKey>(
  key: Key,
  ...[facts]: [FactNames<(typeof english)[Key]>] extends [never] ? [] : [facts: FactsOf<Key>]
): Message<Key> {
  return { key, facts: facts ?? {} };
}

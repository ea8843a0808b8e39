import type { english } from './english.ts';

/** What can be said, by its name in the catalogue. */
export type MessageKey = keyof typeof english;

/** The second part of the catalogue's names in a section, e.g. `User` in `type.User`. */
export type NameIn<Section extends string, Key = MessageKey> = Key extends `${Section}.${infer Name}`
  ? Name
  : never;

/** The names in braces of a text. */
type FactNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;

/** The replacement of a name in braces. Messages are rendered in the same language as the text around them. */
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

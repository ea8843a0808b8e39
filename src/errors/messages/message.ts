import type { english } from './english.ts';

/** The name of a text in the catalogue. */
export type MessageKey = keyof typeof english;

/** The second part of the names in a section of the catalogue, e.g. `User` in `type.User`. */
export type NameIn<Section extends string, Key = MessageKey> = Key extends `${Section}.${infer Name}`
  ? Name
  : never;

/** The placeholders of a text. */
type FactNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;

/** The value of a placeholder. Messages are rendered in the same language as the text around them. */
type Fact = string | number | Message | readonly Message[];

type FactsOf<Key extends MessageKey> = Readonly<Record<FactNames<(typeof english)[Key]>, Fact>>;

/** A text for people, not yet rendered in a language. */
export interface Message<Key extends MessageKey = MessageKey> {
  readonly key: Key;
  readonly facts: Readonly<Record<string, Fact>>;
}

/** Creates a message from a text of the catalogue and the values of its placeholders. */
export function message<Key extends MessageKey>(
  key: Key,
  ...[facts]: [FactNames<(typeof english)[Key]>] extends [never] ? [] : [facts: FactsOf<Key>]
): Message<Key> {
  return { key, facts: facts ?? {} };
}

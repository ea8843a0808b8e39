import type { english } from './english.ts';

/** What can be said, by its name in the catalogue. */
export type MessageKey = keyof typeof english;

/** The names in braces of a text. */
type FactNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;

type FactsOf<Key extends MessageKey> = Readonly<Record<FactNames<(typeof english)[Key]>, string | number>>;

/** Something to say to people, in no language yet. */
export interface Message {
  readonly key: MessageKey;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Names a text of the catalogue together with the facts that it needs. */
export function message<Key extends MessageKey>(
  key: Key,
  ...[facts]: [FactNames<(typeof english)[Key]>] extends [never] ? [] : [facts: FactsOf<Key>]
): Message {
  return { key, facts: facts ?? {} };
}

import { english } from './english.ts';
import { korean } from './korean.ts';
import type { Message, MessageKey } from './message.ts';

/** The supported languages; the first one is the default. */
export const languages = ['en', 'ko'] as const;

/** A language tag as in `Accept-Language`. */
export type Language = (typeof languages)[number];

/** Every text in every language. */
const catalogue = { en: english, ko: korean } as const satisfies Record<
  Language,
  Readonly<Record<MessageKey, string>>
>;

/** Renders a message. */
export function say({ key, facts }: Message, language: Language): string {
  return catalogue[language][key].replace(/\{(\w+)\}/g, (_braces, name: string) => {
    const fact = facts[name] ?? '';
    if (typeof fact !== 'object') return String(fact);
    return ('key' in fact ? [fact] : fact).map((part) => say(part, language)).join(', ');
  });
}

/** Renders several messages without repeating equal sentences. */
export function sayAll(said: readonly Message[], language: Language): string {
  return [...new Set(said.map((sentence) => say(sentence, language)))].join(' ');
}

/** Returns whether the catalogue has a text of that name. */
export function isMessageKey(name: string): name is MessageKey {
  return Object.hasOwn(english, name);
}

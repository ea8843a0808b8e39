import { english } from './english.ts';
import { korean } from './korean.ts';
import type { Message, MessageKey } from './message.ts';

/** The languages that the API speaks, the one for everybody else first. */
export const languages = ['en', 'ko'] as const;

/** One language, as `Accept-Language` names it. */
export type Language = (typeof languages)[number];

/** Every text in every language. */
const catalogue = { en: english, ko: korean } as const satisfies Record<
  Language,
  Readonly<Record<MessageKey, string>>
>;

/** Puts a message into words. */
export function say({ key, facts }: Message, language: Language): string {
  return catalogue[language][key].replace(/\{(\w+)\}/g, (_braces, name: string) => {
    const fact = facts[name] ?? '';
    if (typeof fact !== 'object') return String(fact);
    return ('key' in fact ? [fact] : fact).map((part) => say(part, language)).join(', ');
  });
}

/** Puts several messages into words, equal sentences once. */
export function sayAll(said: readonly Message[], language: Language): string {
  return [...new Set(said.map((sentence) => say(sentence, language)))].join(' ');
}

/** Whether the catalogue has a text of that name. */
export function isMessageKey(name: string): name is MessageKey {
  return Object.hasOwn(english, name);
}

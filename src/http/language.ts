import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { type Language, languages } from '../errors/index.ts';
import type { HeaderReader } from './header-reader.ts';

/** The number of `Accept-Language` values to remember: browsers send few different ones. */
const negotiated = new LRUCache<string, Language>({ max: 500 });
const maximumKeptLength = 100;

/**
 * Returns the language of ours that `Accept-Language` prefers (RFC 9110, section 12.5.4); English when none matches.
 */
export function preferredLanguage(headers: HeaderReader): Language {
  const accepted = headers.get('accept-language');
  if (accepted === null) return 'en';
  const known = negotiated.get(accepted);
  if (known !== undefined) return known;
  const language = negotiate(accepted);
  if (accepted.length <= maximumKeptLength) negotiated.set(accepted, language);
  return language;
}

function negotiate(accepted: string): Language {
  const [preferred] = new Negotiator({ headers: { 'accept-language': accepted } }).languages([...languages]);
  return languages.find((language) => language === preferred) ?? 'en';
}

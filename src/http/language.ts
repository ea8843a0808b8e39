import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { type Language, languages } from '../errors/index.ts';
import type { HeaderReader } from './header-reader.ts';

/** Browsers send few different values; others are negotiated anew. */
const negotiated = new LRUCache<string, Language>({ max: 500 });
const maximumKeptLength = 100;

/** The language that `Accept-Language` prefers among ours (RFC 9110, section 12.5.4); English when none fits. */
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

import Negotiator from 'negotiator';
import { type Language, languages } from '../errors/index.ts';

/** The language that `Accept-Language` prefers among ours (RFC 9110, section 12.5.4); English when none fits. */
export function preferredLanguage(headers: Headers): Language {
  const accepted = headers.get('accept-language');
  if (accepted === null) return 'en';
  const [preferred] = new Negotiator({ headers: { 'accept-language': accepted } }).languages([...languages]);
  return languages.find((language) => language === preferred) ?? 'en';
}

import type { Language } from '../errors/index.ts';
import { message, say } from '../errors/index.ts';
import { koreanFaults } from '../errors/messages/korean-faults.ts';

/** A sentence of a library's, and its Korean. */
interface Fault {
  /** How much of the sentence is the same whatever it quotes. */
  readonly fixedLength: number;
  readonly pattern: RegExp;
  readonly korean: string;
}

/** The most particular sentences first. */
const faults: readonly Fault[] = koreanFaults
  .map(([english, korean]) => ({
    fixedLength: english.replace(/\{\w+\}/g, '').length,
    pattern: patternOf(english),
    korean,
  }))
  .sort((one, other) => other.fixedLength - one.fixedLength);

/** The suggestion that the libraries append when a name resembles others. */
const suggestionPattern = / Did you mean (?:to use an inline fragment on |the enum value )?(".*)\?$/su;

/** Sentences quote others up to this depth. */
const maximumDepth = 4;

/**
 * Says what a GraphQL library has found wrong with a request in the client's language. No other language gets an
 * English tail: of a sentence that we don't know, it is told how to read it.
 * @param text the library's own sentence, cut off with an ellipsis when it is long.
 */
export function translateFault(text: string, language: Language): string {
  if (language === 'en') return text;
  return koreanOf(text, maximumDepth) ?? say(message('request.invalid'), language);
}

function koreanOf(text: string, depth: number): string | null {
  const [tail = '', names = ''] = suggestionPattern.exec(text) ?? [];
  const sentence = text.slice(0, text.length - tail.length);
  for (const { pattern, korean } of faults) {
    const match = pattern.exec(sentence);
    if (!match) continue;
    const said = korean.replace(/\{(\w+)\}/g, (_braces, name: string) => {
      const quoted = match.groups?.[name] ?? '';
      return name === 'reason' ? ((depth > 0 ? koreanOf(quoted, depth - 1) : null) ?? '') : quoted;
    });
    const suggestion = names === '' ? '' : ` 다음 이름을 확인해 주세요: ${names.replace(/,? or /, ', ')}`;
    return `${said.trim()}${suggestion}`;
  }
  return null;
}

/** The pattern of a sentence; what is quoted last may be cut off. */
function patternOf(english: string): RegExp {
  const parts = english.split(/\{(\w+)\}/);
  const literals = parts.filter((_part, index) => index % 2 === 0).map(escapeLiteral);
  const names = parts.filter((_part, index) => index % 2 === 1);
  const last = literals.at(-1) ?? '';
  const beginning = literals.slice(0, -1).map((literal, index) => `${literal}(?<${names[index]}>.+?)`);
  const mayBeCutOff = names.length > 0 && literals[0] !== '';
  const end = mayBeCutOff ? `(?:${last}|(?<=…))` : last;
  return new RegExp(`^${beginning.join('')}${end}$`, 'su');
}

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

import type { Language } from '../errors/index.ts';
import { message, say } from '../errors/index.ts';
import { koreanFaults } from '../errors/messages/korean-faults.ts';

/** A library's sentence and its Korean translation. */
interface Fault {
  /** The length of the sentence's fixed part, without what it quotes. */
  readonly fixedLength: number;
  readonly pattern: RegExp;
  readonly korean: string;
}

/** The most specific sentences first. */
const faults: readonly Fault[] = koreanFaults
  .map(([english, korean]) => ({
    fixedLength: english.replace(/\{\w+\}/g, '').length,
    pattern: patternOf(english),
    korean,
  }))
  .sort((one, other) => other.fixedLength - one.fixedLength);

/** The suggestion that the libraries append when a name resembles others. */
const suggestionPattern = / Did you mean (?:to use an inline fragment on |the enum value )?(".*)\?$/su;

/** Sentences may quote other sentences up to this depth. */
const maximumDepth = 4;

/**
 * Translates a GraphQL library's error message about a request into the client's language. No other language gets an
 * English tail: an unknown sentence is replaced by a hint on how to read it.
 * @param text the library's own sentence, truncated with an ellipsis if it is long.
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

/** Returns the pattern of a sentence whose last quotation may be truncated. */
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

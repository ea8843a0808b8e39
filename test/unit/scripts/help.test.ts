import { describe, expect, it } from 'vitest';
import { script } from '../../../scripts/support/script.ts';

const first = `A first sentence that is longer than the narrowest of terminals, in the middle
of which the source begins a new line. Another one ends the paragraph.`;
const second = `A second paragraph, which
is short.`;

function helpAt(width: number): string {
  const program = script('example', `${first}\n\n${second}`).option(
    '--a-flag-with-a-long-name <value>',
    'what it is for, in more words than fit beside it in a narrow terminal',
  );
  return program.configureOutput({ getOutHelpWidth: () => width }).helpInformation();
}

/** The lines that a terminal of that width shows of the paragraph when only words that don't fit begin a line. */
function wrapped(paragraph: string, width: number): string {
  const lines = [''];
  for (const word of paragraph.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n');
}

describe('the help of a script', () => {
  it.each([60, 80, 140])('is wrapped once, by the width of a terminal of %i columns', (width) => {
    const help = helpAt(width);
    expect(help).toContain(`\n\n${wrapped(first, width)}\n\n${wrapped(second, width)}\n\n`);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
  });
});

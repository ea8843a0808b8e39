import { z } from 'zod';

/** A place in a source, counted as editors do: from 1. */
export interface SourcePosition {
  /** As the map names it: relative to the map. */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

const mapSchema = z.object({ sources: z.array(z.string()), mappings: z.string() });

/** Column in the result; source; line and column there. */
const fieldsOfSegment = 4;

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const valueOfDigit = new Int8Array(128).fill(-1);
for (const [value, digit] of [...digits].entries()) valueOfDigit[digit.charCodeAt(0)] = value;

/**
 * Reads a source map (https://tc39.es/ecma426/), and returns the look-up of a place in its file, counted from 1. The
 * segments are kept as plain numbers, four for each.
 * @throws when it isn't one.
 */
export function readMappings(json: string): (line: number, column: number) => SourcePosition | null {
  const { sources, mappings } = mapSchema.parse(JSON.parse(json));
  const { segments, lineEnds } = decode(mappings);
  const field = (segment: number, index: number) => segments[segment * fieldsOfSegment + index] ?? 0;
  return (line, column) => {
    let low = lineEnds[line - 2] ?? 0;
    const first = low;
    let high = lineEnds[line - 1] ?? first;
    // The last segment that doesn't begin behind the column.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (field(middle, 0) <= column - 1) low = middle + 1;
      else high = middle;
    }
    const segment = low - 1;
    const source = segment < first ? undefined : sources[field(segment, 1)];
    return source === undefined
      ? null
      : { source, line: field(segment, 2) + 1, column: field(segment, 3) + 1 };
  };
}

function decode(mappings: string): { readonly segments: Int32Array; readonly lineEnds: readonly number[] } {
  const segments = new Int32Array((mappings.split(/[,;]/).length + 1) * fieldsOfSegment);
  const lineEnds: number[] = [];
  const current = [0, 0, 0, 0, 0];
  let count = 0;
  let fields = 0;
  let value = 0;
  let shift = 0;
  // One without a source says that nothing is known from there on: that is left to the segment before it.
  const endSegment = () => {
    if (fields >= fieldsOfSegment) {
      segments.set(current.slice(0, fieldsOfSegment), count * fieldsOfSegment);
      count += 1;
    }
    fields = 0;
  };
  for (let index = 0; index < mappings.length; index += 1) {
    const code = mappings.charCodeAt(index);
    const digit = valueOfDigit[code] ?? -1;
    if (digit === -1) {
      endSegment();
      if (code !== semicolon) continue;
      lineEnds.push(count);
      current[0] = 0;
      continue;
    }
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    current[fields] = (current[fields] ?? 0) + (value & 1 ? -(value >> 1) : value >> 1);
    fields += 1;
    value = 0;
    shift = 0;
  }
  endSegment();
  lineEnds.push(count);
  return { segments, lineEnds };
}

const semicolon = ';'.charCodeAt(0);

import { ScalarType, type DescMessage } from '@bufbuild/protobuf';
import { ModelError } from './model-error.js';

/** Each becomes an object of some hundred bytes, out of two bytes of the file where it is empty. */
const MOST_MESSAGES = 1_000_000;
/** Integers and texts in lists: an integer of 64 bits becomes an object, out of one byte. */
const MOST_VALUES = 10_000_000;
/** As the decoder. */
const DEEPEST = 100;

interface Counts {
  messages: number;
  values: number;
}

/**
 * Refuses bytes that would decode to far more memory than they take: an empty node takes 80 times
 * its two bytes. Floats and raw bytes are not counted: they grow twofold at most. Bytes that are no
 * message are left to the decoder.
 *
 * @throws ModelError saying what there is too much of
 */
export function checkMessageCount(schema: DescMessage, bytes: Uint8Array): void {
  const counts = { messages: 0, values: 0 };
  countIn(schema, bytes, 0, bytes.length, DEEPEST, counts);
}

/** A field that holds messages (its schema), or a list of values that count. */
type Counted = DescMessage | 'values';

const fieldsOf = new WeakMap<DescMessage, ReadonlyMap<number, Counted>>();

function countedFields(schema: DescMessage): ReadonlyMap<number, Counted> {
  let fields = fieldsOf.get(schema);
  if (fields === undefined) {
    fields = new Map(
      schema.fields.flatMap((field): [number, Counted][] => {
        if (field.message !== undefined) return [[field.number, field.message]];
        if (field.fieldKind !== 'list') return [];
        const isFloat = field.scalar === ScalarType.FLOAT || field.scalar === ScalarType.DOUBLE;
        return isFloat ? [] : [[field.number, 'values']];
      }),
    );
    fieldsOf.set(schema, fields);
  }
  return fields;
}

function countIn(
  schema: DescMessage,
  bytes: Uint8Array,
  start: number,
  end: number,
  levels: number,
  counts: Counts,
): void {
  if ((counts.messages += 1) > MOST_MESSAGES) throw tooMany(MOST_MESSAGES, 'nodes, attributes and other messages');
  if (levels === 0) return;
  const fields = countedFields(schema);
  let place = start;
  /** NaN where the bytes end before the number does. */
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; place < end; factor *= 128) {
      const byte = bytes[place]!;
      place += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return NaN;
  };
  while (place < end) {
    const tag = varint();
    const wireType = tag % 8;
    const field = fields.get(Math.floor(tag / 8));
    if (wireType === 2) {
      const length = varint();
      if (!(place + length <= end)) return;
      if (field === 'values') addValues(counts, bytes, place, length);
      else if (field !== undefined) countIn(field, bytes, place, place + length, levels - 1, counts);
      place += length;
    } else if (wireType === 0) {
      if (Number.isNaN(varint())) return;
      if (field === 'values') addValues(counts, bytes, place, 0);
    } else if (wireType === 1 || wireType === 5) {
      place += wireType === 1 ? 8 : 4;
    } else {
      return;
    }
  }
}

/** A text is one value at least, packed integers at most as many as there are bytes. */
function addValues(counts: Counts, bytes: Uint8Array, start: number, length: number): void {
  counts.values += 1;
  // Only last bytes of an integer are below 128. Short lists, and texts, are not worth the look.
  if (length > 64) for (let i = start; i < start + length; i++) if (bytes[i]! < 128) counts.values += 1;
  if (counts.values > MOST_VALUES) throw tooMany(MOST_VALUES, 'integers and texts in lists');
}

function tooMany(most: number, what: string): ModelError {
  return new ModelError(
    `Expected a model of at most ${most} ${what}, got more: decoded, they would not fit into memory. Store integers as raw data.`,
  );
}

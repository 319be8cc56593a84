import { UsageError } from '../../errors/usage-error.js';

/** Characters of a note, and of a tag, at most. */
const mostOfNote = 1000;
const mostOfTag = 40;

/** Control characters, line breaks among them, and those that turn the order of text around. */
const unfit = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

/** The text of a note as it is stored: without spaces around it. @throws UsageError */
export function noteText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new UsageError('Expected the text of a note, got an empty one.');
  if (unfit.test(trimmed)) {
    throw new UsageError(
      'Expected a note on one line without control characters, got some. Write several notes, or leave them out.',
    );
  }
  const length = lengthOf(trimmed);
  if (length > mostOfNote)
    throw new UsageError(`Expected a note of at most ${mostOfNote} characters, got ${length}. Shorten it.`);
  return trimmed;
}

/** The name of a tag, one word. @throws UsageError */
export function tagName(name: string): string {
  const isWord = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._:/+-]*$/u.test(name);
  if (isWord && lengthOf(name) <= mostOfTag) return name;
  const got = unfit.test(name) ? 'one with control characters' : lengthOf(name) > 60 ? 'a longer one' : `"${name}"`;
  throw new UsageError(
    `Expected a tag of at most ${mostOfTag} letters, digits and . _ : / + -, beginning with a letter or digit; got ${got}.`,
  );
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Longest message: what a terminal still shows at once. */
const MOST_CHARACTERS = 1500;

/**
 * Control characters but for the line feed, the halves of surrogate pairs, and what turns the
 * direction of text.
 */
// eslint-disable-next-line no-control-regex -- These are what is looked for.
const UNSAFE = /[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/**
 * A message that may quote names from a file: control characters, with which a file could drive the
 * reader's terminal, as `\u001b`, and the middle of what is too long left out, since the end says
 * what to do.
 *
 * @param most characters that are kept, 1500 unless given
 */
export function printable(text: string, most: number = MOST_CHARACTERS): string {
  const tail = Math.floor(most / 4);
  const head = most - tail;
  if (text.length <= most) {
    const safe = escape(text);
    return safe.length <= most ? safe : `${safe.slice(0, head)}...${safe.slice(-tail)}`;
  }
  // Cut first, the rest need not be looked through; and again, since escapes are longer than what
  // they stand for.
  const start = escape(text.slice(0, head)).slice(0, head);
  const end = escape(text.slice(text.length - tail)).slice(-tail);
  return `${start}... (${text.length - most} characters) ...${end}`;
}

/** A name from a file as part of one line: line breaks as `\\n`, otherwise {@link printable}. */
export function printableName(name: string, most: number = MOST_CHARACTERS): string {
  return printable(name.replaceAll('\n', '\\n'), most);
}

function escape(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

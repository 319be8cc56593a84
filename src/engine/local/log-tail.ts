import { StringDecoder } from 'node:string_decoder';

/** Of what was written, so much is kept. */
const mostLines = 40;
const mostCharacters = 4000;

/** Kept before it is made fit to be shown, which shortens it. */
const rawCharacters = 2 * mostCharacters;

/**
 * The end of what a process writes, however much that is: its memory is bounded. Fit to be shown:
 * no control characters, no escapes of terminals, no passwords in addresses.
 */
export class LogTail {
  #raw = '';
  #isCut = false;
  #isNew = false;

  /** What is to be called with each piece that one of the process's streams gives. */
  stream(): (piece: Buffer) => void {
    const decoder = new StringDecoder('utf8');
    return (piece) => {
      // Of a flood only the end is decoded; at most four bytes are a character.
      const end = piece.subarray(-4 * rawCharacters);
      if (end.length < piece.length) this.#isCut = true;
      this.#add(decoder.write(end));
    };
  }

  /** A line of the pool's own. */
  say(line: string): void {
    this.#add(`${this.#raw === '' || this.#raw.endsWith('\n') ? '' : '\n'}[${line}]\n`);
  }

  /** The text where there is news since it was last taken, else null. */
  takeNews(): string | null {
    if (!this.#isNew) return null;
    this.#isNew = false;
    return this.#text();
  }

  #add(text: string): void {
    if (text === '') return;
    this.#isNew = true;
    this.#raw += text;
    if (this.#raw.length <= rawCharacters) return;
    this.#raw = this.#raw.slice(-rawCharacters);
    this.#isCut = true;
  }

  #text(): string {
    const lines = shown(this.#raw).split('\n');
    // The first one may lack its beginning.
    if (this.#isCut && lines.length > 1) lines.shift();
    const text = lines.slice(-mostLines).join('\n');
    return text.length <= mostCharacters ? text : text.slice(-mostCharacters).replaceAll(halves, '');
  }
}

/* eslint-disable no-control-regex -- These are what is looked for. */
const escapes = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;
const unfit = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/* eslint-enable no-control-regex */

/** Halves of characters, where a text was cut. */
const halves = /\p{Surrogate}/gu;

/** A user's name and password before the host of an address. */
const credentials = /\/\/[^\s/@:]{0,200}:[^\s@]{0,200}@/g;

function shown(raw: string): string {
  return raw.replaceAll(escapes, '').split('\n').map(shownLine).join('\n').trimEnd();
}

function shownLine(line: string): string {
  // A progress bar redraws its line: what stands there last is seen.
  const last = line.replace(/\r+$/, '');
  return (
    last
      .slice(last.lastIndexOf('\r') + 1)
      .replaceAll('\t', '  ')
      .replaceAll(unfit, '')
      .replaceAll(credentials, '//***@')
      // A report makes paths relative, and knows them without this.
      .replaceAll('file:///', '/')
      .replaceAll(halves, '')
  );
}

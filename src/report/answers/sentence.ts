/** A run of text; strong runs carry the result. */
export interface Phrase {
  readonly text: string;
  readonly strong: boolean;
}

/** One sentence, or a few that belong together. */
export type Sentence = readonly Phrase[];

/** A sentence of plain strings; those wrapped by {@link strong} stand out. */
export function sentence(...parts: readonly (string | Phrase)[]): Sentence {
  return parts.map((part) => (typeof part === 'string' ? { text: part, strong: false } : part));
}

/** A run of text that stands out. */
export function strong(text: string): Phrase {
  return { text, strong: true };
}

/** Plain text of a sentence. */
export function sentenceText(phrases: Sentence): string {
  return phrases.map((phrase) => phrase.text).join('');
}

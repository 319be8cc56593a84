/** The text, or its beginning with a note where it is longer than so many letters. */
export function shortenedText(text: string, mostLetters: number): string {
  return text.length > mostLetters
    ? `${text.slice(0, mostLetters)}… (${text.length} letters; the SQL returns all)`
    : text;
}

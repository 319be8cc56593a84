/**
 * The text, or its beginning and end with an ellipsis between where it is longer than so many
 * letters: what tells names of layers apart stands at either end.
 */
export function cutMiddle(text: string, mostLetters: number): string {
  if (text.length <= mostLetters) return text;
  const head = Math.floor(0.45 * (mostLetters - 1));
  return `${text.slice(0, head)}…${text.slice(head + 1 - mostLetters)}`;
}

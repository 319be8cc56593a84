/** With a capital first letter; a word whose second letter is one, as `mAP`, stays as it is. */
export function capitalized(text: string): string {
  return /^.\p{Lu}/u.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

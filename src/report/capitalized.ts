/** With a capital first letter; words such as `mAP`, whose second letter is one, stay as they are. */
export function capitalized(text: string): string {
  return /^.\p{Lu}/u.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

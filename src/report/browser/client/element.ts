/**
 * A new element with a class and text; text from the database reaches the document as text nodes
 * only.
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  text?: string,
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name);
  if (className !== '') node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

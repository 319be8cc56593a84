/**
 * Remembers the part at the top of the window, and returns what puts it there again, whatever has
 * come or gone above it.
 */
export function holdPlace(main: Element): () => void {
  const parts = [...main.querySelectorAll('figure[id], section[id] > h2, .first, header')];
  const part = scrollY === 0 ? undefined : parts.find((one) => one.getBoundingClientRect().bottom > 0);
  if (part === undefined) return () => undefined;
  const { top } = part.getBoundingClientRect();
  const { id } = part;
  return () => {
    const now = part.isConnected ? part : id === '' ? null : document.getElementById(id);
    if (now !== null) scrollBy({ top: now.getBoundingClientRect().top - top, behavior: 'instant' });
  };
}

/**
 * Names of classes in `names` of ultralytics' metadata, a Python dict `{0: 'person', 1:
 * "o'clock"}`; null where it has none.
 */
export function classNames(metadata: Readonly<Record<string, string>>): readonly string[] | null {
  const { names } = metadata;
  if (names === undefined) return null;
  const found = [...names.matchAll(/(\d+)\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)];
  if (found.length === 0) return null;
  return found.map(([, , single, double]) => (single ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
}

/**
 * A file name for each output, without an ending: its own name as far as files can have it, and no
 * name twice, also where capitals do not count.
 */
export function fileNames(outputs: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return outputs.map((output) => {
    const plain =
      output
        .replace(/[^\w.-]/g, '_')
        .replace(/^\./, '_')
        .slice(0, 100) || '_';
    let name = plain;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${plain}-${number}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

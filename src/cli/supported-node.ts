/**
 * Whether a version of Node like 24.21.0 is in a range of package.json's `engines`, whose parts are
 * `^major[.minor]` or `>=major[.minor]`. Node 14 parses this file. scripts/supported-node.mjs reads
 * the range before anything is compiled.
 */
export function isSupportedNode(version: string, range: string): boolean {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  return range.split('||').some((part) => {
    const [, sign, lowestMajor, lowestMinor] = /^\s*(\^|>=)(\d+)(?:\.(\d+))?\s*$/.exec(part)!;
    if (major === Number(lowestMajor)) return lowestMinor === undefined || minor >= Number(lowestMinor);
    return sign === '>=' && major > Number(lowestMajor);
  });
}

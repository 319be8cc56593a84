// Which Nodes quantsweep runs on: the `engines` of package.json. src/cli/supported-node.ts reads
// the same range for the program; this file is for what runs before anything is compiled.
import { readFileSync } from 'node:fs';

export const { node: range } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).engines;

/**
 * Whether a version like 24.21.0 is in the range, whose parts are `^major[.minor]` or
 * `>=major[.minor]`.
 */
export function isSupported(version) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const [, sign, lowestMajor, lowestMinor = '0'] = /^\s*(\^|>=)(\d+)(?:\.(\d+))?\s*$/.exec(part);
    if (major === Number(lowestMajor)) return minor >= Number(lowestMinor);
    return sign === '>=' && major > Number(lowestMajor);
  });
}

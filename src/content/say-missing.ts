import { printableName } from '../text/printable.js';
import { sizeOf, type ContentFile, type ContentItem } from './content-item.js';

const MOST_NAMED = 3;

/** An item in words: `file "val.npy" (1024 bytes, sha256 ...)`. */
export function describeItem(item: ContentItem): string {
  const { kind, name, files } = item;
  const [only] = files;
  const what = `${kind} ${quoted(name)}`;
  if (files.length === 1 && only !== undefined) return `${what} (${only.sizeBytes} bytes, sha256 ${only.sha256})`;
  return `${what} (${files.length} files, ${sizeOf(item)} bytes, ${item.token})`;
}

/** Code that may not run here, and how to allow it. */
export function notAllowed(what: string, sha256: string | null): string {
  const allow = sha256 === null ? '' : ` Read it, and if you trust it, start the agent with --allow-code ${sha256}.`;
  return `${printableName(what, 300)} is code that this agent is not allowed to run.${allow}`;
}

export interface Missing {
  readonly item: ContentItem;
  /** Files that lie nowhere on this machine. */
  readonly files: readonly ContentFile[];
  /** Files of the size of the first of them, with other bytes. */
  readonly rivals: readonly string[];
  readonly dataFolders: readonly string[];
  readonly fileCount: number;
  readonly linksOut: readonly string[];
  /** Why folders that look like the item are not it. */
  readonly faults: readonly string[];
}

/** What an operator is told of an item that is not below the data folders. */
export function sayMissing({ item, files, rivals, dataFolders, fileCount, linksOut, faults }: Missing): string {
  const [first] = files;
  const parts = [`${describeItem(item)} is not below --data`];
  if (first !== undefined && item.files.length > 1) {
    const named = `${quoted(first.name)} (${first.sizeBytes} bytes, sha256 ${first.sha256})`;
    parts.push(`${files.length} of its ${item.files.length} files are missing, such as ${named}`);
  }
  if (dataFolders.length === 0) parts.push('no --data folder is given');
  else if (rivals.length > 0) {
    const are = rivals.length === 1 ? 'file below --data of that size has' : 'files below --data of that size have';
    parts.push(`${rivals.length} ${are} other bytes, perhaps a bad copy: ${someOf(rivals)}`);
  } else parts.push(`none of the ${fileCount} files there has ${first === undefined ? 'its' : 'that'} size`);
  if (linksOut.length > 0) {
    const are = linksOut.length === 1 ? 'link that leads out of --data is' : 'links that lead out of --data are';
    parts.push(`${linksOut.length} ${are} not used: ${someOf(linksOut)}`);
  }
  if (faults.length > 0) parts.push(faults.slice(0, MOST_NAMED).join('; '));
  return parts.join('; ');
}

function someOf(paths: readonly string[]): string {
  const named = paths.slice(0, MOST_NAMED).map((path) => printableName(path, 200));
  return `${named.join(', ')}${paths.length > MOST_NAMED ? ', ...' : ''}`;
}

function quoted(name: string): string {
  return JSON.stringify(printableName(name, 200));
}

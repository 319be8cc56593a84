import { statSync } from 'node:fs';

/**
 * Device and number of the file that a path leads to, through links; null where there is none, or
 * none that may be seen.
 */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}

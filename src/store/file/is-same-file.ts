import { resolve } from 'node:path';

import { fileIdentity } from './file-identity.js';

/** Whether two paths lead to one file, also by links; or are one path, where no file is there. */
export function isSameFile(one: string, other: string): boolean {
  if (resolve(one) === resolve(other)) return true;
  const identity = fileIdentity(one);
  return identity !== null && identity === fileIdentity(other);
}

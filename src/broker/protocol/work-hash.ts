import { createHash } from 'node:crypto';
import type { JobMessage } from './messages.js';

/** Of all that decides on the result of a job, in hexadecimal: equal for equal work. */
export function workHash({ label: _, ...content }: JobMessage): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 40);
}

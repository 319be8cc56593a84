import { setTimeout as pause } from 'node:timers/promises';

/** What `work` gives, unless it takes longer: then it rejects, and goes on unheard. */
export async function withinMs<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work(),
      pause(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error(`no answer within ${ms / 1000} s`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

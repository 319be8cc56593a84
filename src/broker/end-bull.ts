import { withinMs } from './within-ms.js';

/** Milliseconds that a part gets to say goodbye. */
const CLOSE_MS = 2000;

/** A queue, worker or listener of BullMQ, which has connections of its own. */
interface BullPart {
  close(force?: boolean): Promise<void>;
  disconnect(): Promise<void>;
}

/** Closes parts of BullMQ, and drops the connections of those whose broker does not answer. */
export async function endBull(...parts: readonly BullPart[]): Promise<void> {
  await Promise.all(
    parts.map(async (part) => {
      try {
        await withinMs(CLOSE_MS, () => part.close(true));
      } catch {
        void part.disconnect().catch(() => undefined);
      }
    }),
  );
}

import type { FloatTensor, Feeds, Outputs, Session } from '../session/session.js';

/** Bytes of activations that a child keeps at most. */
const MOST_BYTES = 2 ** 29;

/**
 * Tensors of all batches of a run over the same samples, kept in memory so that the next run starts
 * from them. Keeps only as much as fits: what is not kept is computed again, which changes no
 * number.
 */
export class KeptActivations {
  readonly #batches = new Map<string, FloatTensor[]>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get tensors(): ReadonlySet<string> {
    return new Set(this.#batches.keys());
  }

  /**
   * A session that is fed the kept tensors among `names` beside each batch, in the order of the
   * first run.
   */
  feeding(session: Pick<Session, 'run'>, names: ReadonlySet<string>): Pick<Session, 'run'> {
    const kept = [...this.#batches].filter(([name]) => names.has(name));
    let batch = 0;
    return {
      run: (samples, further) => {
        const own: Feeds = Object.fromEntries(
          kept.map(([name, tensors]) => [name, { type: 'float32', ...tensors[batch]! } as const]),
        );
        batch++;
        return session.run(samples, { ...further, ...own });
      },
    };
  }

  /**
   * Keeps tensors of one batch, unless they were left out at the first or don't fit then.
   *
   * @param batch index, from 0
   * @param batches number of them
   */
  keep(outputs: Outputs, names: readonly string[], batch: number, batches: number): void {
    for (const name of names) {
      const tensor = outputs[name]!;
      if (batch === 0) {
        const bytes = tensor.data.byteLength * batches;
        if (this.#bytes + bytes > this.#mostBytes) continue;
        this.#bytes += bytes;
        this.#batches.set(name, [tensor]);
      } else {
        this.#batches.get(name)?.push(tensor);
      }
    }
  }

  /** Forgets all tensors but these. */
  retain(names: ReadonlySet<string>): void {
    for (const [name, tensors] of this.#batches) {
      if (names.has(name)) continue;
      this.#bytes -= tensors.length * tensors[0]!.data.byteLength;
      this.#batches.delete(name);
    }
  }
}

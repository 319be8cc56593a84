/** Channels of tensors, joined into classes that are scaled alike (union-find). */
export class ChannelClasses {
  readonly #parents: number[] = [];

  /** Adds channels, each a class of its own. @returns the number of the first one */
  add(count: number): number {
    const first = this.#parents.length;
    for (let channel = first; channel < first + count; channel++) this.#parents.push(channel);
    return first;
  }

  /** From now on both are in one class. */
  join(a: number, b: number): void {
    const [one, other] = [this.#rootOf(a), this.#rootOf(b)];
    this.#parents[Math.max(one, other)] = Math.min(one, other);
  }

  /** The class of every channel, numbered from 0 in the order of their first channels. */
  number(): { readonly of: Int32Array; readonly count: number } {
    const numbers = new Map<number, number>();
    const of = Int32Array.from(this.#parents, (_, channel) => {
      const root = this.#rootOf(channel);
      const known = numbers.get(root) ?? numbers.size;
      numbers.set(root, known);
      return known;
    });
    return { of, count: numbers.size };
  }

  #rootOf(channel: number): number {
    let root = channel;
    while (this.#parents[root] !== root) root = this.#parents[root]!;
    for (let place = channel; place !== root;) {
      const next = this.#parents[place]!;
      this.#parents[place] = root;
      place = next;
    }
    return root;
  }
}

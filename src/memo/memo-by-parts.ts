/**
 * Values by the very objects that they follow from. Settings of a large grid share their sections
 * (equal sections of trials are one object, and never change), so that what follows from some
 * sections is found without comparing contents. Equal parts that are two objects count as
 * different, which costs time and nothing else.
 */
export class MemoByParts<Value extends string | object> {
  readonly #root = new Map<unknown, unknown>();

  /** The value of these parts, calculated when they come together for the first time. */
  get(parts: readonly [unknown, ...unknown[]], calculate: () => Value): Value {
    let node = this.#root;
    for (const part of parts.slice(0, -1)) {
      let next = node.get(part) as Map<unknown, unknown> | undefined;
      if (next === undefined) node.set(part, (next = new Map()));
      node = next;
    }
    const last = parts.at(-1);
    const found = node.get(last) as Value | undefined;
    if (found !== undefined) return found;
    const value = calculate();
    node.set(last, value);
    return value;
  }
}

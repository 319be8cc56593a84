/** What of WebAssembly is used: the types of Node name it, and do not say what it is. */
interface WebAssemblyGlobal {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WebAssemblyMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

export interface WebAssemblyMemory {
  /** Another one after it has grown. */
  readonly buffer: ArrayBuffer;
  /**
   * @param pages more, of 64 KiB
   * @throws RangeError where there is not that much memory
   */
  grow(pages: number): number;
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal }).WebAssembly;

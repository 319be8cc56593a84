import { QuantsweepError } from '../../errors/quantsweep-error.js';
/** What the surroundings did rather than the model: worth another attempt. */
export type RuntimeTrouble = 'OutOfMemory' | 'DeviceLost';

/** The runtime refused to make or run a session; `message` starts with what was tried. */
export class RuntimeError extends QuantsweepError {
  static override readonly errorClass = 'RuntimeError';
  /** Null where the same would happen again. */
  readonly trouble: RuntimeTrouble | null;

  constructor(tried: string, cause: unknown) {
    const words = (cause instanceof Error ? cause.message : String(cause)).trim();
    super(`${tried} failed: ${words}`, { cause });
    this.trouble = troubleOf(words);
  }
}

/**
 * The runtime gives no code with its errors, so its words are all there is to tell them apart:
 * those of its allocators (`BFCArena`, `std::bad_alloc`), of CUDA and of WebGPU's device loss. What
 * is not known counts as the model's own fault.
 */
function troubleOf(words: string): RuntimeTrouble | null {
  if (/bad_?\s?alloc|failed to allocate memory|available memory of \d+ is smaller|out of memory/i.test(words)) {
    return 'OutOfMemory';
  }
  if (/device (?:was |is )?lost|device removed|CUDA(?: error| failure)?[ :]+(?:4|46|100|719|999)\b/i.test(words)) {
    return 'DeviceLost';
  }
  return null;
}

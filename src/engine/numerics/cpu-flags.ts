import { readFileSync } from 'node:fs';

/** Instruction sets that change which kernels run; empty where the system does not tell. */
export function cpuFlags(): readonly string[] {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return line.split(/\s+/).filter((flag) => /^(avx|amx|fma$|f16c$|sse4_2$|asimd|sve|i8mm|bf16)/.test(flag));
  } catch {
    return [];
  }
}

/**
 * True where the CPU adds products of 8-bit numbers up in 32 bits; without, two of them are added
 * up in 16.
 */
export function hasVnni(flags: string): boolean {
  return /vnni/.test(flags);
}

/** True where the flags are known and have no VNNI. */
export function lacksVnni(flags: string): boolean {
  return flags !== '' && !hasVnni(flags);
}

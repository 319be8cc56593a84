import { readFileSync } from 'node:fs';

/** Ticks of /proc in a second: the same on every Linux that Node runs on. */
const TICKS = 100;

/** CPU milliseconds that a process has taken so far, without its children. Linux. */
export function cpuMsOf(pid: number): number {
  // The name in parentheses may hold anything; user and system time are fields 12 and 13 after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

import { readFileSync } from 'node:fs';

/**
 * Names a running process of this machine as no other ever is: the machine's boot and the moment of
 * the process's start in clock ticks after it (proc(5): field 22 of stat). Numbers of processes are
 * given anew, and the clock on the wall may be set. Null where the system does not tell, or where
 * there is no such process.
 */
export function processIdentity(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field is a name in parentheses that may hold spaces.
    const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
    return started === undefined ? null : `${boot} ${started}`;
  } catch {
    return null;
  }
}

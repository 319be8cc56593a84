import { fstatSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** File descriptor of the pipe on which a child says that it lives. */
export const HEARTBEAT_FD = 4;

/** Milliseconds between two beats. */
export const BEAT_MS = 500;

/** What one beat tells of its process. */
export interface Beat {
  /** Processor time used since the process began, user and system, in microseconds. */
  readonly cpuMicros: number;
  /** Resident memory in bytes. */
  readonly rssBytes: number;
}

/**
 * CommonJS, since it is evaluated; a thread of its own, since inference blocks the event loop of
 * the main one.
 */
const beating = `
const { writeSync } = require('node:fs');
const { workerData } = require('node:worker_threads');
function beat() {
  const { user, system } = process.cpuUsage();
  try {
    writeSync(workerData.fd, (user + system) + ' ' + process.memoryUsage.rss() + '\\n');
  } catch {
    // The pipe is full because the parent is stopped, or it is gone: the next beat tells as much.
  }
}
beat();
setInterval(beat, workerData.intervalMs);
`;

/** Starts beating, if the parent listens. The beats end with the process. */
export function startHeartbeat(): void {
  try {
    fstatSync(HEARTBEAT_FD);
  } catch {
    return;
  }
  const thread = new Worker(beating, {
    eval: true,
    workerData: { fd: HEARTBEAT_FD, intervalMs: BEAT_MS },
    // The thread needs nearly nothing; Node would reserve as much as for the main one.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
}

/** The beats in what came over the pipe, and the rest that is no whole line yet. */
export function parseBeats(text: string): { readonly beats: readonly Beat[]; readonly rest: string } {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const beats = lines.flatMap((line) => {
    const [, cpu, rss] = /^(\d+) (\d+)$/.exec(line) ?? [];
    return cpu === undefined || rss === undefined ? [] : [{ cpuMicros: Number(cpu), rssBytes: Number(rss) }];
  });
  return { beats, rest };
}

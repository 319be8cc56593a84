import { CustomCodeError } from '../tasks/custom-error.js';

/** Runs of one call below which a list of times has no interval. */
const LEAST_TIMES = 6;

/** What a device command says of one model. */
export interface DeviceAnswer {
  /** Several: time of each run of the call; one: the median of its runs. In milliseconds. */
  readonly timesMs: readonly number[];
  readonly isList: boolean;
  /** Samples of one run; null: the command does not say. */
  readonly batch: number | null;
  /** What ran it, e.g. a chip and its runtime; null: the command does not say. */
  readonly device: string | null;
}

const EXPECTED = '{ "latencyMs": [numbers above 0, 6 or more] } or { "medianMs": a number above 0 }';

/**
 * Reads what a device command printed: one JSON document, {@link EXPECTED}, with `batch` and
 * `device` where it likes.
 *
 * @param where names the command in messages
 * @throws CustomCodeError saying what was expected and what came
 */
export function readDeviceAnswer(stdout: string, stderr: string, where: string): DeviceAnswer {
  const refuse = (what: string, got: string, cause?: unknown): never => {
    const words = stderr.trim() === '' ? '' : ` Its last words on stderr: ${stderr.trim()}`;
    throw new CustomCodeError(`Expected ${what} on the standard output of ${where}, got ${got}.${words}`, { cause });
  };
  const answer = parsed(stdout, (got, cause) => refuse(`one JSON document ${EXPECTED}`, got, cause));
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    return refuse(EXPECTED, shown(answer));
  }
  const { latencyMs, medianMs, batch = null, device = null } = answer as Readonly<Record<string, unknown>>;
  if ((latencyMs === undefined) === (medianMs === undefined)) return refuse(EXPECTED, shown(answer));
  if (batch !== null && !(Number.isInteger(batch) && Number(batch) >= 1)) {
    return refuse('a whole number from 1 as "batch"', shown(batch));
  }
  if (device !== null && typeof device !== 'string') return refuse('text as "device"', shown(device));
  const about = { batch: batch === null ? null : Number(batch), device };
  if (medianMs !== undefined) {
    return isTime(medianMs)
      ? { timesMs: [medianMs], isList: false, ...about }
      : refuse('a number above 0 as "medianMs"', shown(medianMs));
  }
  return Array.isArray(latencyMs) && latencyMs.length >= LEAST_TIMES && latencyMs.every(isTime)
    ? { timesMs: latencyMs, isList: true, ...about }
    : refuse(`${LEAST_TIMES} or more numbers above 0 as "latencyMs"`, shown(latencyMs));
}

function parsed(stdout: string, refuse: (got: string, cause: unknown) => unknown): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch (cause) {
    return refuse(stdout.trim() === '' ? 'nothing' : JSON.stringify(stdout.trim().slice(0, 200)), cause);
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 200);
}

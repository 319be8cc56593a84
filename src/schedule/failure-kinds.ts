import { FallbackError } from '../engine/session/check-fallback.js';
import { InputChangedError } from '../engine/jobs/unchanged-inputs.js';
import { RuntimeError } from '../engine/session/runtime-error.js';
import { AgentLost, DeviceLost, OutOfMemory, WorkerDied, WorkerHung } from '../engine/trouble.js';
import { GateError } from '../equivalence/gate-error.js';
import type { ErrorClass, Retry } from '../errors/quantsweep-error.js';
import { SurroundingsError } from '../errors/surroundings-error.js';
import { DatasetError } from '../formats/dataset-error.js';
import { ModelError } from '../onnx/model-error.js';
import { NonFiniteError } from '../records/non-finite-error.js';
import { NonFiniteStoreError } from '../store/store-error.js';
import { CustomCodeError } from '../tasks/custom-error.js';
import { MetricError } from '../tasks/metric-error.js';
import { StageFailed } from './stage-failed.js';

/** Every class of error that a trial or stage may have failed with. */
const failureClasses: readonly ErrorClass[] = [
  ...[WorkerDied, WorkerHung, OutOfMemory, DeviceLost, AgentLost, SurroundingsError, InputChangedError, FallbackError],
  ...[ModelError, DatasetError, MetricError, CustomCodeError, NonFiniteError, NonFiniteStoreError, GateError],
  ...[RuntimeError, StageFailed],
];

const retryByName: ReadonlyMap<string, Retry> = new Map(
  failureClasses.map(({ errorClass, retry }) => [errorClass, retry]),
);

/**
 * What a stored failure says of further attempts, by its class's name; of names that no class has:
 * never.
 */
export function retryOf(errorClass: string): Retry {
  return retryByName.get(errorClass) ?? 'never';
}

import type { DeploymentRecord } from '../../records/deployment-record.js';
import type { TensorQuantizerRecord } from '../../records/tensor-quantizer-record.js';
import type { Connection } from '../file/connection.js';
import { RowNumbers } from './row-numbers.js';

/** Writes the quantizer of a tensor that a target placed. */
export function writeTensor(
  connection: Connection,
  trial: number,
  position: number,
  { tensor, op, group, bits, signed, amax, low, scale, zeroPoint, isFixed, divisor }: TensorQuantizerRecord,
): void {
  const numbers = new RowNumbers('tensor_quantizer', tensor);
  connection.run(
    `INSERT INTO tensor_quantizer (trial_id, position, tensor, op, "group", bits, signed, amax, low, scale, zero_point, is_fixed, divisor)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    position,
    tensor,
    op,
    group,
    bits,
    signed ? 1 : 0,
    numbers.finite('amax', amax),
    numbers.finite('low', low),
    numbers.finite('scale', scale),
    zeroPoint,
    isFixed ? 1 : 0,
    divisor === null ? null : numbers.vector('divisor', divisor),
  );
}

/** Writes how far the deployed model is from its simulation, and what runs its operators. */
export function writeDeployment(connection: Connection, trial: number, deployment: DeploymentRecord): void {
  const { options, onnxruntimeVersion, samples, values, differing, maxDifference, accuracy } = deployment;
  const numbers = new RowNumbers('deployment_gap');
  connection.run(
    `INSERT INTO deployment_gap (trial_id, options, onnxruntime_version, samples, output_values, differing, max_difference, metric,
       value, samples_differing)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    options,
    onnxruntimeVersion,
    samples,
    values,
    differing,
    numbers.finite('max_difference', maxDifference),
    accuracy?.metric ?? null,
    accuracy === null ? null : numbers.finite('value', accuracy.value),
    deployment.samplesDiffering,
  );
  for (const [position, { node, op, runs, kernel }] of deployment.operators.entries()) {
    connection.run(
      'INSERT INTO deployed_operator (trial_id, position, node, op, runs, kernel) VALUES (?, ?, ?, ?, ?, ?)',
      ...[trial, position, node, op, runs, kernel],
    );
  }
}

import type { DeployedOperator } from '../../records/deployment-record.js';
import type { Placement } from '../../targets/placement.js';

/**
 * Operators that the target was to run on integers, and that the runtime left in float.
 *
 * @param operators as the runtime's optimizer left them
 */
export function floatDespitePlacement(
  { nodes }: Pick<Placement, 'nodes'>,
  operators: readonly DeployedOperator[],
): readonly DeployedOperator[] {
  const placed = new Set(nodes.filter(({ runs }) => runs !== 'float').map(({ node }) => node));
  return operators.filter(({ node, runs }) => runs === 'float' && placed.has(node));
}

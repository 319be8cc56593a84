/* All that others use of this folder, in one place: it is loaded only where a broker is named. */
export { brokerAddress } from './broker-address.js';
export { brokerEngine } from './coordinator/broker-engine.js';
export { runAgent } from './agent/agent.js';
export { listAgents } from './list-agents.js';
export { cancelSweep } from './cancel-sweep.js';

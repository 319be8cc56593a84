import { describeExecutor } from './executor-conformance.js';
import { localExecutor } from '../../src/engine/local/local-executor.js';
import { MemoryExecutor } from './memory-executor.js';

describeExecutor(
  'the local pool of children',
  localExecutor(new URL('../../dist/engine/local/worker-main.js', import.meta.url)),
);
describeExecutor('jobs run in this process', (request) => new MemoryExecutor(request));

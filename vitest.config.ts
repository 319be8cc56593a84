import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Long files first: one that began last would leave the other cores idle. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('.long.test.ts');
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    // `npm test` leaves `*.long.test.ts` out, `npm run test:all` does not; see docs/ARCHITECTURE.md.
    include: ['test/**/*.test.ts'],
    // Tests that load the runtime themselves are no more to be reported than the program.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // Tests wait for events. These only end what hangs, on a machine that is busy with other things as well.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // One fewer than there are cores by default: half of a machine of two.
    maxWorkers: '100%',
    sequence: { sequencer: LongFirst },
  },
});

import type { CommandModule } from 'yargs';

export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'Show which versions and providers work here, and what CUDA and WebGPU still need',
  builder: (yargs) => yargs.example('$0 doctor', 'before the first sweep, or when a provider does not load'),
  handler: async () => {
    const { diagnose } = await import('../doctor/diagnose.js');
    process.stdout.write(await diagnose());
  },
};

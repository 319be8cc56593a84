import type { CommandModule } from 'yargs';
import { brokerOf, brokerOption, withCredentials, type BrokerArguments } from './broker-options.js';

interface CancelArguments extends BrokerArguments {
  readonly sweep: string;
}

export const cancelCommand: CommandModule<object, CancelArguments> = {
  command: 'cancel <sweep>',
  describe: 'Stop a sweep that runs on a broker; finished work is kept',
  builder: (yargs) =>
    withCredentials(yargs)
      .positional('sweep', { type: 'string', demandOption: true, describe: 'Name of the sweep, or its id' })
      .option('broker', { ...brokerOption, demandOption: true })
      .example('$0 cancel smoothquant-alpha --broker redis://localhost:6379', 'its agents stop at once'),
  handler: async (typed) => {
    const { cancelSweep } = await import('../../api/agents.js');
    const { name, how } = await cancelSweep(brokerOf(typed), typed.sweep);
    const ends = {
      stopped: `Stopped ${name}. Run it again to go on.`,
      removed: `Removed ${name} from the broker; nobody ran it any more. Run it again to go on.`,
      asked: `Asked ${name} to stop; its agents have. It has not ended yet.`,
    };
    process.stdout.write(`${ends[how]}\n`);
  },
};

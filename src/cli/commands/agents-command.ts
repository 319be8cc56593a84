import type { CommandModule } from 'yargs';
import { rowFormats, type RowFormat } from '../query/format-rows.js';
import { brokerOf, brokerOption, withCredentials, type BrokerArguments } from './broker-options.js';

interface AgentsArguments extends BrokerArguments {
  readonly format: RowFormat;
}

export const agentsCommand: CommandModule<object, AgentsArguments> = {
  command: 'agents',
  describe: 'List the agents of a broker: machine, class, slots, work, or why they get none',
  builder: (yargs) =>
    withCredentials(yargs)
      .option('broker', { ...brokerOption, demandOption: true })
      .option('format', { choices: rowFormats, default: 'table' as const, describe: 'How agents are printed' })
      .example('$0 agents --broker redis://localhost:6379', 'who is there, and what they do'),
  handler: async (typed) => {
    const { describeAgents } = await import('../agents/describe-agents.js');
    process.stdout.write(await describeAgents(brokerOf(typed), typed.format));
  },
};

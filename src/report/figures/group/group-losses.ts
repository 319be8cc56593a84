import { legendHint } from '../../charts/interaction.js';
import type { ComparedGroup, GroupMember } from '../../facts/compared-group.js';
import { groupLossesApart, memberOrder, ofMembers } from '../../facts/compared-group.js';
import { layerDots } from '../comparison/layer-dumbbell.js';
import { lossDumbbell } from '../comparison/loss-dumbbell.js';
import type { PageFigure } from '../figure.js';
import { lossColumns, lossControls, storedModes } from '../loss-controls.js';
import { drawnMembers, groupSides, undrawnText } from './group-sides.js';

/** Loss of each layer in all trials, layers in the model's order. */
export const groupLosses: PageFigure<ComparedGroup> = {
  id: 'losses',
  section: 'layers',
  title: () => 'Loss of each layer',
  sql: (facts) =>
    `SELECT trial, position, layer, mode, layer_alpha,
       ${lossColumns.join(', ')}
FROM v_layer_loss WHERE ${ofMembers(drawnMembers(facts))} ORDER BY mode, position, ${memberOrder(drawnMembers(facts))}`,
  build: (rows, facts) => {
    const apart = groupLossesApart(facts);
    if (apart !== null) return { kind: 'absent', note: apart };
    const members = drawnMembers(facts).filter(({ trial }) => rows.some((row) => row['trial'] === trial.trial));
    if (members.length < 2) {
      return {
        kind: 'absent',
        note: 'Fewer than two of the trials have stored layer losses: loss.modes: [accumulated] in the experiment adds them.',
      };
    }
    const mode = storedModes(rows)[0]?.value ?? 'accumulated';
    const alt = `Dot plot of the loss of each layer in ${members.length} trials, layers in the model's order.`;
    return {
      kind: 'charts',
      controls: lossControls(rows),
      caption: `Error of each layer's own output against FP32, from input (top) to output; further right is worse.${withoutText(facts, members)}${undrawnText(facts)} ${legendHint}`,
      panels: [
        {
          title: '',
          alt,
          spec: layerDots(lossDumbbell(alt, rows, mode), groupSides(facts, members)),
        },
      ],
    };
  },
};

function withoutText(facts: ComparedGroup, shown: readonly GroupMember[]): string {
  const lacking = drawnMembers(facts).filter((member) => !shown.includes(member));
  return lacking.length === 0 ? '' : ` Without losses: ${lacking.map(({ side }) => side).join(', ')}.`;
}

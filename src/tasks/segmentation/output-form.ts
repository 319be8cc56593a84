import { ANY_OUTPUT, type Misfit, type OutputShape } from '../output-shape.js';
import { declaredClasses, type SegmentationTask } from './segmentation-settings.js';

/** How an output of some shape is read. */
export interface OutputForm {
  readonly kind: 'logits' | 'labels' | 'foreground' | 'foregroundLogit';
  /** Channels of logits, 1 otherwise. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Strides of a sample's numbers, by channel and pixel. */
  readonly isChannelsLast: boolean;
  readonly classes: number;
}

type Dims = OutputShape['dims'];
type Reading = Pick<SegmentationTask, 'output' | 'classes' | 'resize'>;

/**
 * How an output is read; a misfit where it can't be, or null where what is known of the shape does
 * not tell.
 *
 * `auto`: `[N, C, H, W]` of two channels or more are logits; `[N, H, W]` are labels; `[N, 1, H, W]`
 * are labels where more than two classes are declared, otherwise the foreground's probability, of
 * which labels 0 and 1 are a case.
 */
export function outputForm(task: Reading, dims: Dims): OutputForm | { readonly misfit: Misfit } | null {
  const declared = declaredClasses(task);
  const kind = kindOf(task.output, dims, declared);
  if (kind === null) return { misfit: shapeMisfit(task, dims) };
  if (kind === 'unknown') return null;
  const isChannelsLast = task.output === 'logitsChannelsLast' || (dims.length === 4 && isFlat(kind) && dims[1] !== 1);
  const [channels, height, width] =
    dims.length === 3 ? [1, dims[1], dims[2]] : isChannelsLast ? [dims[3], dims[1], dims[2]] : dims.slice(1);
  if (isFlat(kind) && channels !== 1 && channels !== null) return { misfit: shapeMisfit(task, dims) };
  if (typeof channels !== 'number') return null;
  if (kind === 'logits') {
    if (channels < 2) return { misfit: shapeMisfit(task, dims) };
    if (declared !== null && declared !== channels) return { misfit: classMisfit(task, dims, declared, channels) };
  }
  if (kind === 'labels') {
    if (declared === null) return { misfit: undeclared(task) };
    if (task.resize === 'logits') return { misfit: unresizable() };
  }
  if (kind.startsWith('foreground') && declared !== null && declared !== 2) {
    return { misfit: classMisfit(task, dims, declared, 1) };
  }
  if (typeof height !== 'number' || typeof width !== 'number') return null;
  const classes = kind === 'logits' ? channels : kind === 'labels' ? declared! : 2;
  return { kind, channels, height, width, isChannelsLast: kind === 'logits' && isChannelsLast, classes };
}

type Kind = OutputForm['kind'];

function isFlat(kind: Kind): boolean {
  return kind !== 'logits';
}

function kindOf(output: SegmentationTask['output'], dims: Dims, declared: number | null): Kind | 'unknown' | null {
  const axes = dims.length;
  if (output === 'logits' || output === 'logitsChannelsLast') return axes === 4 ? 'logits' : null;
  if (output !== 'auto') return axes === 3 || axes === 4 ? output : null;
  if (axes === 3) return 'labels';
  if (axes !== 4) return null;
  if (dims[1] === null) return 'unknown';
  if (dims[1] !== 1) return 'logits';
  return declared !== null && declared > 2 ? 'labels' : 'foreground';
}

function shapeMisfit({ output }: Reading, dims: Dims): Misfit {
  const expected =
    output === 'logits'
      ? 'of shape [N, C, H, W], logits of two classes or more'
      : output === 'logitsChannelsLast'
        ? 'of shape [N, H, W, C], logits of two classes or more'
        : output === 'auto'
          ? 'of shape [N, C, H, W] or [N, H, W], as task segmentation scores them'
          : 'of shape [N, 1, H, W] or [N, H, W], a number for each pixel';
  const what = dims.length === 2 ? ', one answer for each sample' : '';
  const isLabels = dims.length === 3 || dims[1] === 1;
  const advice =
    output.startsWith('logits') && isLabels
      ? 'Set task.output: labels for the output of an ArgMax, foreground or foregroundLogit for one class.'
      : dims.length === 2
        ? `Task classification scores that, with labels. ${ANY_OUTPUT}`
        : `Set task.output to what it is, or choose another output. ${ANY_OUTPUT}`;
  return { expected, what, advice };
}

function classMisfit(task: Reading, dims: Dims, declared: number, channels: number): Misfit {
  const isLast = task.output !== 'logitsChannelsLast' && dims.length === 4 && dims[3] === declared;
  const isBackground = channels === declared + 1 || channels === declared - 1;
  return {
    expected: `logits of the ${declared} classes of task.classes`,
    what: channels === 1 ? ', one channel' : `, ${channels} channels`,
    advice: isLast
      ? 'Its last axis is so long: set task.output: logitsChannelsLast.'
      : isBackground && channels > 1
        ? 'The background may be a class of its own: task.classes must count it where the model does.'
        : 'Make task.classes those of the model, or choose another output.',
  };
}

function undeclared({ output }: Reading): Misfit {
  return {
    expected: 'logits, or task.classes to say how many classes the labels have',
    what: output === 'auto' ? ', labels by its shape' : ', labels',
    advice: 'Set task.classes to their number or names; for the probability of one class set task.output: foreground.',
  };
}

function unresizable(): Misfit {
  return {
    expected: 'logits, as task.resize: logits interpolates them',
    what: ', labels',
    advice: 'Class numbers have nothing in between: set task.resize: labels or truth.',
  };
}

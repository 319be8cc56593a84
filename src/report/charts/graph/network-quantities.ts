import { lossMeasures } from '../loss-measures.js';

/** What the boxes of a network can be coloured by: a column of the figure's rows. */
export interface NetworkQuantity {
  readonly field: string;
  /** In the control. */
  readonly label: string;
  /** Over the legend. */
  readonly title: string;
  /** In what is shown beside the pointer. */
  readonly name: string;
  /** `loss`: strong colours are bad; `tint`: they are large numbers. */
  readonly colours: 'loss' | 'tint';
  readonly scale: 'log' | 'linear';
  /** True where a small number is the bad one. */
  readonly isSmallBad: boolean;
  /** True where it depends on how much of the network was quantized. */
  readonly isByMode: boolean;
}

const losses = lossMeasures.map(({ field, label, axisTitle, name }): NetworkQuantity => ({
  field,
  label,
  title: axisTitle,
  name,
  colours: 'loss',
  scale: field === 'sqnr_db' ? 'linear' : 'log',
  isSmallBad: field === 'sqnr_db',
  isByMode: true,
}));

const plain = { scale: 'linear', isSmallBad: false, isByMode: false } as const;

/** Every quantity; the first that the rows hold is shown at first. */
export const networkQuantities: readonly NetworkQuantity[] = [
  ...losses,
  {
    ...plain,
    field: 'only_divergence',
    label: 'output divergence with this layer alone quantized',
    title: 'output divergence with this layer alone quantized, lower is better',
    name: 'divergence, alone',
    colours: 'loss',
    scale: 'log',
  },
  {
    ...plain,
    field: 'drop_only',
    label: 'drop of the metric with this layer alone quantized',
    title: 'FP32’s value minus that with this layer alone quantized, lower is better',
    name: 'drop, alone',
    colours: 'loss',
  },
  { ...plain, field: 'alpha', label: 'alpha', title: 'alpha of the layer', name: 'alpha', colours: 'tint' },
  {
    ...plain,
    field: 'weight_bits',
    label: 'weight bits',
    title: 'bits of the weight',
    name: 'weight bits',
    colours: 'tint',
  },
  {
    ...plain,
    field: 'input_bits',
    label: 'activation bits',
    title: 'bits of the input',
    name: 'activation bits',
    colours: 'tint',
  },
];

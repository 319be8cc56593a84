import type { ModelIo } from '../../onnx/model-io.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { roundByAdding } from '../../onnx/edits/round-by-adding.js';
import { withLinearQuantizers } from '../../quantize/quantizers/linear-quantizers.js';
import type { JobContext } from '../jobs/job-context.js';
import type { ModelForm } from '../providers/provider.js';
import { providers } from '../providers/providers.js';
import { blockedForm } from './blocked-form.js';
import { roundsByAdding } from './rounds-by-adding.js';
import type { Runnable } from './runnable.js';

/** What decides on the form of a model. */
export type FormContext = Pick<JobContext, 'session' | 'caches' | 'longPass'>;

type MakeForm = (model: OnnxModel, io: ModelIo, context: FormContext) => Runnable | Promise<Runnable>;

const forms = {
  asWritten: (model, _io, { session }) => ({ model, settings: session }),
  async fastestOfEquals(model, io, { session, caches, longPass = null }) {
    const blocked = longPass === null ? null : await blockedForm(model, io, session, longPass, caches);
    return blocked ?? { model: withLinearQuantizers(model), settings: session };
  },
  async roundingByAdding(model, _io, { session, caches }) {
    return { model: (await roundsByAdding(session, caches)) ? roundByAdding(model) : model, settings: session };
  },
} satisfies Record<ModelForm, MakeForm>;

/**
 * The model as its provider runs it best, see {@link ModelForm}: with the same numbers, whatever
 * the form. Of a long pass (`longPass`: samples of one of its runs) it is worth a second to find
 * out which form is the fastest.
 */
export async function runnableForm(model: OnnxModel, io: ModelIo, context: FormContext): Promise<Runnable> {
  return forms[providers[context.session.provider].form](model, io, context);
}

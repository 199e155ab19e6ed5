import type { Recordings, WorldModel } from '@snowglobe/model';
import { vocabularyOf } from '@snowglobe/model/internal';

/**
 * The same world, learning words where its recordings have captions and it can.
 * @param wanted stages that are trained; default: all. Where learning words takes stages that are not among them, it learns none
 */
export async function learnWords(
  model: WorldModel,
  data: Pick<Recordings, 'captions'>,
  wanted?: readonly string[],
): Promise<WorldModel> {
  if (!model.learningWords) return model;
  const vocabulary = vocabularyOf(((await data.captions?.()) ?? []).flat());
  if (vocabulary.length === 0) return model;
  const learning = model.learningWords(vocabulary);
  const before = new Set((await stagesOf(model)).map(({ name }) => name));
  const added = (await stagesOf(learning)).filter(({ name }) => !before.has(name));
  return !wanted || added.some(({ name }) => wanted.includes(name)) ? learning : model;
}

const stagesOf = async (model: WorldModel) => (await model.training()).stages;

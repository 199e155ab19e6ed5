import { sameShape } from '@snowglobe/graph/internal';
import type { Recordings, WorldModel } from '@snowglobe/model';
import { clausesIn, vocabularyOf } from '@snowglobe/model/internal';

/**
 * The same world, learning of language what it can and its recordings have: words where they have captions, events where their games were told
 * any.
 * @param wanted stages that are trained; default: all. What takes stages that are not among them is not learned
 */
export async function learnLanguage(
  model: WorldModel,
  data: Pick<Recordings, 'captions' | 'events'>,
  wanted?: readonly string[],
): Promise<WorldModel> {
  return learnEvents(await learnWords(model, data, wanted), data, wanted);
}

async function learnWords(
  model: WorldModel,
  data: Pick<Recordings, 'captions'>,
  wanted: readonly string[] | undefined,
): Promise<WorldModel> {
  if (!model.learningWords) return model;
  const captions = ((await data.captions?.()) ?? []).flat();
  const vocabulary = vocabularyOf(captions);
  if (vocabulary.length === 0) return model;
  const learning = model.learningWords(vocabulary, clausesIn(captions));
  const before = new Set((await stagesOf(model)).map(({ name }) => name));
  const added = (await stagesOf(learning)).filter(({ name }) => !before.has(name));
  return !wanted || added.some(({ name }) => wanted.includes(name)) ? learning : model;
}

async function learnEvents(
  model: WorldModel,
  data: Pick<Recordings, 'events'>,
  wanted: readonly string[] | undefined,
): Promise<WorldModel> {
  if (!model.learningEvents) return model;
  const heard = ((await data.events?.()) ?? []).flat().map(({ sentence }) => sentence);
  const learning = model.learningEvents(heard);
  if (learning.events?.length === model.events?.length) return model;
  if (!wanted) return learning;
  const before = model.frameGraph().variables;
  const grown = [...learning.frameGraph().variables].filter(
    ([name, { shape }]) => !sameShape(before.get(name)?.shape ?? [], shape),
  );
  const stages = (await stagesOf(learning)).filter(({ name }) => wanted.includes(name));
  return grown.every(([name]) => stages.some(({ trains }) => trains(name))) ? learning : model;
}

const stagesOf = async (model: WorldModel) => (await model.training()).stages;

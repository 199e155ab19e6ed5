import type { Recordings, WorldModel } from '@snowglobe/model';
import { vocabularyOf } from '@snowglobe/model/internal';

/** The same world, learning words where its recordings have captions and it can. */
export async function learnWords(model: WorldModel, data: Pick<Recordings, 'captions'>): Promise<WorldModel> {
  if (!model.learningWords) return model;
  const vocabulary = vocabularyOf(((await data.captions?.()) ?? []).flat());
  return vocabulary.length === 0 ? model : model.learningWords(vocabulary);
}

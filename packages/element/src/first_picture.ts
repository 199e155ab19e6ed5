import type { PromptImage, RemoteWorld } from '@snowglobe/runtime/browser';

/** The picture in which a world sees most of what a text says. @throws SnowglobeError where it knows none of its words */
export async function firstPicture(world: RemoteWorld, text: string, seed: number): Promise<PromptImage> {
  const { frames } = await world.imagine(text, { seed });
  const { width, height, rgba: data } = frames[0]!;
  return { width, height, data };
}

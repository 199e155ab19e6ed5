import type { SnowGlobe } from '@snowglobe/element';
import { openWorld } from '@snowglobe/runtime';
import type { Page } from 'playwright-core';

/** Reads something off the page's element. */
export const globe = <T>(page: Page, read: (element: SnowGlobe) => T): Promise<T> =>
  page.$eval('snow-globe', read as never) as Promise<T>;

/** Waits until so many frames are drawn. */
export async function waitForFrame(page: Page, index: number, timeout = 60_000): Promise<void> {
  await page.waitForFunction(
    (least) => ((document.querySelector('snow-globe') as SnowGlobe | null)?.index ?? -1) >= least,
    index,
    { timeout },
  );
}

/** The frames that the element keeps, and those that Node draws from its replay. */
export async function compareWithNode(
  page: Page,
  world: string,
): Promise<{ readonly worst: number; readonly frames: number }> {
  const { shown, replay } = await globe(page, (element) => {
    element.pause();
    const { prompt, ...rest } = element.replay();
    return {
      shown: element.frames.slice(0, element.index + 1).map(({ rgba }) => [...rgba]),
      replay: { ...rest, prompt: { ...prompt, data: [...prompt.data] } },
    };
  });
  const opened = await openWorld(world, { executor: 'onnx' });
  const prompt = { ...replay.prompt, data: Uint8Array.from(replay.prompt.data) };
  const session = await opened.start({ ...replay, prompt });
  let worst = 0;
  const compare = (rgba: Uint8ClampedArray, i: number): void =>
    rgba.forEach((value, at) => (worst = Math.max(worst, Math.abs(value - shown[i]![at]!))));
  compare(session.first.rgba, 0);
  for (const [i, action] of replay.actions.slice(0, shown.length - 1).entries()) {
    compare((await session.step(action)).rgba, i + 1);
  }
  await opened.close();
  return { worst, frames: shown.length - 1 };
}

/** Events that a game was told, from its recordings into a world that plays already. */
import { measureWorld } from '@snowglobe/eval';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld, oneActionLogits } from '@snowglobe/model';
import { isPlayState, pixelsOf } from '@snowglobe/model/internal';
import { meadowEvents, meadowRecordings } from '@snowglobe/model/testing';
import { createNodeOnnxExecutor, openWeights } from '@snowglobe/runtime';
import { actionTable } from '@snowglobe/runtime/internal';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { openRecordings } from '../data/index.js';
import { writeVideo } from '../data/video_writer.js';
import { chooseFamily } from './choose_family.js';
import { learnLanguage } from './learn_language.js';
import { makeWorld } from './make_world.js';
import type { TrainOptions } from './train_options.js';
import { trainWorld } from './pipeline.js';

let folder: string;
const executor = createNodeOnnxExecutor({ threads: 1 });
const provenance = { command: 'test', seeds: [1], hours: 0, machine: 'test', data: 'none', licences: [] };
/** The same recordings, without and with what was told. */
let quiet: ClipDataset;
let told: ClipDataset;
let base: WorldFile;

async function record(name: string, tells: boolean): Promise<ClipDataset> {
  const meadow = meadowRecordings(8, 60, 2, true);
  const { width, height, actionNames } = meadow;
  const all = await meadow.events!();
  const clips = join(folder, name);
  await mkdir(clips);
  for (const [clip, { frames }] of meadow.clips.entries()) {
    const path = join(clips, `clip${clip}`);
    const pictures = Array.from({ length: frames }, (_, t) => meadow.frames(clip, t, 1));
    await writeVideo(`${path}.mkv`, pictures, { width, height, fps: 8, lossless: true });
    const actions = [...meadow.actions(clip, 0, frames - 1), null];
    const events = all[clip]!.map(({ frame, sentence }) => [frame, sentence]);
    await writeFile(`${path}.json`, JSON.stringify({ actionNames, actions, ...(tells && { events }) }));
  }
  return openRecordings(clips, { width, height, cacheFolder: join(folder, 'cache') });
}

async function train(data: ClipDataset, run: string, more: Partial<TrainOptions>): Promise<WorldFile> {
  const { family, findings } = await chooseFamily(data, { name: 'patches', actions: 'true' });
  const trained = await trainWorld(data, {
    ...{ family: family.name, findings, preset: 'micro', actions: 'true', seed: 1, executor },
    ...{ plan: { motion: { steps: 100 }, dynamics: { steps: 250 } }, folder: join(folder, run) },
    ...more,
  });
  return decodeWorld(encodeWorld(await makeWorld(data, trained, { provenance })), run);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-events-'));
  [quiet, told] = [await record('quiet', false), await record('told', true)];
  base = await train(quiet, 'base', {});
}, 120_000);

afterAll(async () => {
  quiet.close();
  told.close();
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});

/** How fresh cells are that the last frame showed. */
const inLastFrame = 2;

const ofEvents = ({ tensors }: WorldFile) => [...tensors.keys()].filter((name) => name.includes('/events/'));

describe('a world whose recordings tell of events', () => {
  it('knows none where nothing was told, or where the stage that learns them is not wanted', async () => {
    expect(base.model.events).toBeUndefined();
    expect(base.metadata.config).not.toHaveProperty('events');
    expect(ofEvents(base)).toEqual([]);
    expect(await learnLanguage(base.model, quiet)).toBe(base.model);
    expect(await learnLanguage(base.model, told, ['motion'])).toBe(base.model);
  });

  it('gets them when it goes on: frames stay what they were until it has learned of them', async () => {
    const plan = { dynamics: { steps: 1 } };
    const more = { from: base, stages: ['dynamics'] };
    const grown = await train(told, 'grown', { ...more, plan });
    expect([...grown.model.events!].sort()).toEqual([...meadowEvents].sort());
    expect(ofEvents(grown).length).toBeGreaterThan(4);
    // Of a world that has them, too: words that are new begin as zeros, the others stay.
    const known = (await learnLanguage(grown.model, told)).learningEvents!(['a comet falls']);
    expect(known.events).toEqual([...grown.model.events!, 'a comet falls']);
  });
});

describe('an event that is told', () => {
  it('comes about in the next frame, and changes nothing else', async () => {
    const file = await train(told, 'events', {
      ...{ from: base, stages: ['dynamics'], plan: { dynamics: { steps: 500 } } },
    });
    const { model } = file;
    const { store } = openWeights(executor, file, 'test');
    const graph = model.frameGraph();
    const reader = model.tiles!.reader(file);
    const stateAt = (clip: number, frame: number) =>
      model.initialState(graph.variables, pixelsOf(told.frames(clip, frame, 1)));
    const load = (clip: number, frame: number): void => {
      for (const [name, data] of stateAt(clip, frame)) store.write(name, graph.variables.get(name)!, data);
    };
    load(0, 0);
    expect([...graph.variables.keys()].every((name) => store.has(name) || isPlayState(name))).toBe(true);
    const program = await executor.compile(graph, { store });
    let [shown, tried, same, others] = [0, 0, 0, 0];
    const recorded = await told.events();
    // What the row below may show after each event.
    const looks = new Map<string, Set<number>>(meadowEvents.map((event) => [event, new Set()]));
    for (const [clip, events] of recorded.entries()) {
      for (const { frame, sentence } of events) {
        for (const code of reader.codesOf(stateAt(clip, frame + 1)).slice(20)) looks.get(sentence)!.add(code);
      }
    }
    for (const [clip, events] of recorded.entries()) {
      for (const { frame, sentence } of events) {
        const step = async (say?: string) => {
          load(clip, frame);
          const logits = oneActionLogits(told.actions(clip, frame, 1)[0]!, model.actions);
          const sampling = { seeds: [3], temperature: 0, confidenceThreshold: 0, told: [say] };
          return program.run(model.frameInputs(frame, [logits], sampling), ['codes', 'freshness']);
        };
        const [changed, untold] = [await step(sentence), await step()];
        tried++;
        if ([...changed['codes']!.slice(20)].every((code) => looks.get(sentence)!.has(code))) shown++;
        for (let cell = 0; cell < 20; cell++) {
          // What comes into view is left to chance.
          if (untold['freshness']![cell] !== inLastFrame) continue;
          others++;
          if (changed['codes']![cell] === untold['codes']![cell]) same++;
        }
      }
    }
    await program.close();
    expect(tried).toBeGreaterThan(40);
    expect(shown / tried).toBeGreaterThan(0.85);
    expect(same / others).toBeGreaterThan(0.98);

    const measure = (of: WorldFile, data: ClipDataset) => {
      const weights = openWeights(executor, of, 'test').store;
      const how = { executor, store: weights, world: of, seed: 1, temperature: 1, confidenceThreshold: 0 };
      const options = {
        ...how,
        keys: actionTable(of),
        actionNames: data.actionNames,
        events: { trials: 20 },
      };
      return measureWorld(data, of.model, options).finally(() => weights.close());
    };
    const { events } = await measure(file, told);
    const value = (name: string) => events!.figures.find((figure) => figure.name === name)!.value;
    expect(events!.trials).toBeGreaterThan(4);
    expect(value('shown')).toBeGreaterThan(0.7);
    expect(value('shownOther')).toBeLessThan(value('shown') - 0.3);
    expect(value('unchanged')).toBeGreaterThan(0.7);
    await expect(measure(base, told)).rejects.toThrow('this world knows no events');
    await expect(measure(file, quiet)).rejects.toThrow('these recordings tell of no event');
    store.close();
  }, 120_000);
});

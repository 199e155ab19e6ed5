import type { FigureInfo } from '../../../family/training.js';
import type { Recordings } from '../../../recordings.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import type { CodedRecordings } from '../survey/label_motions.js';
import type { FoundReadouts } from './find_readouts.js';
import { readoutsOf } from './read.js';

const prefix = 'readout.';

/** Shares of frames in which a number is told, and right: a figure a number. */
export const readoutFigures = ({ readouts }: Pick<PatchesConfig, 'readouts'>): FigureInfo[] =>
  (readouts?.numbers ?? []).map(({ name }) => ({
    ...{ name: `${prefix}${name}`, title: `${name}, read off frames` },
    ...{ unit: 'right', digits: 4, remark: 'reading numbers off frames' },
  }));

/** The number that a figure is of. */
export const readoutOfFigure = (figure: string): string | undefined =>
  figure.startsWith(prefix) ? figure.slice(prefix.length) : undefined;

/** Share of recorded frames in which a number is told, and right; undefined where key logs do not tell it. */
export function readRight(
  { clips }: Pick<CodedRecordings, 'clips'>,
  { states }: Pick<Recordings, 'states'>,
  name: string,
  config: PatchesConfig,
): number | undefined {
  const column = states?.names.indexOf(name) ?? -1;
  const only = config.readouts!.numbers.filter((each) => each.name === name);
  if (!states || column < 0) return undefined;
  const { read } = readoutsOf({ numbers: only });
  const cells = cellCount(config);
  let [right, all] = [0, 0];
  for (const [clip, codes] of clips.entries()) {
    const rows = states.of(clip);
    for (let t = 0; t < codes.length / cells; t++, all++) {
      const value = read(codes.subarray(t * cells, (t + 1) * cells))[name];
      if (value === rows[t * states.names.length + column]) right++;
    }
  }
  return right / all;
}

/** What was found, in a line. */
export function remarkOn({ readouts, leftOut }: FoundReadouts): string {
  const { numbers = [], end } = readouts ?? {};
  const told = numbers.length === 0 ? 'no number' : numbers.map(({ name }) => name).join(', ');
  const over = end ? `; a game is over at ${end.readout} ${'atMost' in end ? end.atMost : end.atLeast}` : '';
  const others = leftOut.length === 0 ? '' : `; left out: ${leftOut.join(', ')}`;
  return `frames tell ${told}${over}${others}`;
}

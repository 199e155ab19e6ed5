import type { Comparison, QuantizationStudy, SchemeFigures } from '@snowglobe/quantize';
import { table } from './text.js';
import { executorKinds } from './timed_executors.js';

/** Writes a comparison as a page. */
export async function writePage(
  path: string,
  comparison: Comparison,
  study: QuantizationStudy,
  size: { readonly width: number; readonly height: number },
): Promise<void> {
  const [{ comparisonReport }, { renderReport }, { writeFileAtomically }] = await Promise.all([
    import('@snowglobe/quantize'),
    import('@snowglobe/report'),
    import('@snowglobe/runtime/internal'),
  ]);
  const page = await renderReport(comparisonReport(comparison, study.shown, size));
  await writeFileAtomically(path, new TextEncoder().encode(page));
}

/** For --json. Layers are left to the page: they would be most of the text. */
export const toJson = ({ world, comparedWith, float, schemes }: Comparison): object => ({
  ...{ world, comparedWith, float: flat(float) },
  schemes: schemes.map(({ layers: _, ...figures }) => flat(figures)),
});

/** Figures with those of reconstructed frames by the name of what does it: `NAMEPsnr`, `NAMEPsnrDrop`. */
const flat = (figures: Partial<SchemeFigures>): object =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) =>
      name === 'reconstruction' ? Object.entries(reconstructed(figures.reconstruction)) : [[name, value]],
    ),
  );

const reconstructed = (figures: SchemeFigures['reconstruction']): Record<string, number> =>
  figures ? { [`${figures.name}Psnr`]: figures.psnr, [`${figures.name}PsnrDrop`]: figures.drop } : {};

/** What a quantized world's file says about itself: what was measured of it, not of the float one. */
export function evaluationOf(figures: SchemeFigures): Record<string, number> {
  const { bits, klMean, klStandardError, top1, rolloutPsnr, rolloutPsnrDrop, delta4, reconstruction } =
    figures;
  return {
    ...{ bits, klMean, top1, rolloutPsnr, rolloutPsnrDrop },
    ...(klStandardError !== undefined && { klStandardError }),
    ...{ deltaPsnr4: delta4, ...reconstructed(reconstruction) },
  };
}

/** A standard error behind its mean; nothing where one value alone was measured. */
const error = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? '' : ` ± ${text(value)}`;

/** The table for a terminal. */
export function describe({ float, schemes, comparedWith }: Comparison): string {
  const speeds = executorKinds.filter((kind) => float.framesPerSecond?.[kind] !== undefined);
  const speedsOf = (of: Comparison['float']): string[] =>
    speeds.map((kind) => of.framesPerSecond?.[kind]?.toPrecision(3) ?? '');
  const megabytes = (bytes: number | undefined): string =>
    bytes === undefined ? '' : (bytes / 1e6).toFixed(2);
  const rows = schemes.map((figures) => [
    figures.scheme,
    figures.bits.toFixed(2),
    megabytes(figures.bytes),
    `${figures.klMean.toExponential(2)}${error(figures.klStandardError, (value) => value.toExponential(0))}`,
    `${(100 * figures.top1).toFixed(2)} %`,
    `${figures.rolloutPsnrDrop.toFixed(3)}${error(figures.rolloutPsnrDropStandardError, (value) => value.toFixed(3))}`,
    figures.reconstruction?.drop.toFixed(3) ?? '',
    figures.delta4Drop.toFixed(3),
    megabytes(figures.peakBytes),
    megabytes(figures.stateBytes),
    ...speedsOf(figures),
  ]);
  return [
    `float: ${megabytes(float.bytes)} MB, rollouts ${float.rolloutPsnr.toFixed(2)} dB against ${comparedWith}, ` +
      (float.reconstruction
        ? `${float.reconstruction.name} ${float.reconstruction.psnr.toFixed(2)} dB, `
        : '') +
      `delta-4 ${float.delta4.toFixed(2)} dB`,
    table([
      [
        ...[
          'scheme',
          'bits',
          'MB',
          'KL, nats',
          'top-1',
          'rollout drop, dB',
          float.reconstruction?.name ?? '',
          'delta-4',
          'memory, MB',
          'state, MB',
        ],
        ...speeds.map((kind) => `${kind}, fps`),
      ],
      [
        'float',
        '32',
        megabytes(float.bytes),
        '',
        '',
        '',
        '',
        '',
        megabytes(float.peakBytes),
        megabytes(float.stateBytes),
        ...speedsOf(float),
      ],
      ...rows,
    ]),
  ].join('\n');
}

import type { Image } from '@snowglobe/media';
import { encodePng, frameStrip } from '@snowglobe/media';
import type { Cell, Chart, Picture, Report, Section } from '@snowglobe/report';
import type { SchemeFigures } from '../study/figures.js';
import type { Comparison } from './comparison.js';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const decibels = (value: number): string => `${value.toFixed(2)} dB`;
const digits = (value: number): string => value.toPrecision(3);

/** How much a picture of 64x64 pixels is enlarged. */
const enlarged = 2;

/** Pictures of rollouts' last frames, by the name of the plan; `recorded` and `float` among them. */
export type ShownFrames = ReadonlyMap<string, readonly Float32Array[]>;

/** A comparison as a page: size against quality, every layer's error, and frames side by side. */
export function comparisonReport(
  { world, comparedWith, float, schemes }: Comparison,
  shown: ShownFrames,
  { width, height }: { readonly width: number; readonly height: number },
): Report {
  return {
    title: `${world}: quantization schemes`,
    paragraphs: [
      `The float world has ${megabytes(float.bytes)}; rollouts from one frame reach ${decibels(float.rolloutPsnr)} against ` +
        `${comparedWith === 'recordings' ? 'recordings' : 'what it played itself'}${drawnAgain(float)}.`,
      'KL is the divergence of a quantized world’s prediction of masked codes from the float world’s, in nats a code, in the ' +
        'same states with the same codes given; top-1 says how often both find the same code likeliest. Standard errors are ' +
        'over windows of frames. Drops are float minus quantized on the same rollouts.',
    ],
    sections: [
      {
        title: 'Size against quality',
        tables: [summary(schemes)],
        charts: [
          against('KL of codes', schemes, ({ klMean }) => klMean, {
            label: 'nats a code',
            logarithmic: true,
          }),
          against('Top-1 disagreement', schemes, ({ top1 }) => 100 * (1 - top1), {
            label: '%',
            fromZero: true,
          }),
          against('Rollout PSNR drop', schemes, ({ rolloutPsnrDrop }) => rolloutPsnrDrop, { label: 'dB' }),
          ...(float.reconstruction
            ? [against('PSNR drop of reconstructed frames', schemes, reconstructionDrop, { label: 'dB' })]
            : []),
        ],
      },
      ...(shown.size > 0 ? [frames(schemes, shown, width, height)] : []),
      ...schemes.map(layersOf),
    ],
  };
}

const reconstructionDrop = ({ reconstruction }: SchemeFigures): number => reconstruction?.drop ?? 0;

const drawnAgain = ({ reconstruction }: Comparison['float']): string =>
  reconstruction
    ? `, its ${reconstruction.name} reconstructs frames at ${decibels(reconstruction.psnr)}`
    : '';

function summary(schemes: readonly SchemeFigures[]) {
  const executors = [
    ...new Set(schemes.flatMap(({ framesPerSecond }) => Object.keys(framesPerSecond ?? {}))),
  ];
  return {
    columns: [
      ...[
        'scheme',
        'bits',
        'file',
        'KL',
        '± s.e.',
        'top-1',
        'rollout drop',
        '± s.e.',
        'reconstructed, drop',
        'memory',
        'state',
      ],
      ...executors.map((name) => `${name}, frames/s`),
    ],
    rows: schemes.map((figures): Cell[] => [
      figures.scheme,
      figures.bits.toFixed(2),
      { text: megabytes(figures.bytes), bar: figures.bytes },
      digits(figures.klMean),
      figures.klStandardError === undefined ? '' : digits(figures.klStandardError),
      percent(figures.top1),
      decibels(figures.rolloutPsnrDrop),
      figures.rolloutPsnrDropStandardError === undefined
        ? ''
        : decibels(figures.rolloutPsnrDropStandardError),
      figures.reconstruction ? decibels(figures.reconstruction.drop) : '',
      ...[figures.peakBytes, figures.stateBytes].map((bytes) =>
        bytes === undefined ? '' : megabytes(bytes),
      ),
      ...executors.map((name) => {
        const speed = figures.framesPerSecond?.[name as 'onnx'];
        return speed === undefined ? '' : digits(speed);
      }),
    ]),
  };
}

/** A figure of every scheme over the size of its file: a series each, so that it has a colour and a name. */
function against(
  title: string,
  schemes: readonly SchemeFigures[],
  of: (figures: SchemeFigures) => number,
  yAxis: NonNullable<Chart['yAxis']>,
): Chart {
  const sizes = schemes.map(({ bytes }) => bytes / 1e6);
  // A single point has no range to be drawn in.
  const x = [...new Set([...sizes, ...(sizes.length === 1 ? [sizes[0]! * 1.1] : [])])].sort((a, b) => a - b);
  return {
    title,
    x,
    xAxis: { label: 'file, MB' },
    yAxis,
    series: schemes.map((figures) => ({
      label: figures.scheme,
      points: true,
      y: x.map((size) => (size === figures.bytes / 1e6 ? of(figures) : null)),
    })),
  };
}

function frames(
  schemes: readonly SchemeFigures[],
  shown: ShownFrames,
  width: number,
  height: number,
): Section {
  const pictureOf = (name: string, caption: string): Picture[] => {
    const drawn = shown.get(name);
    if (!drawn || drawn.length === 0) return [];
    const images = drawn.map((frame): Image => {
      const data = Uint8Array.from(frame, (value) =>
        Math.max(0, Math.min(255, Math.round((value + 1) * 127.5))),
      );
      return { width, height, channels: 3, data };
    });
    const png = encodePng(frameStrip(images, { columns: images.length, scale: enlarged }));
    return [{ caption, png: Buffer.from(png).toString('base64') }];
  };
  return {
    title: 'Frames side by side',
    paragraphs: [
      'The tenth frame of rollouts from the same prompts under the same actions, always taking the likeliest.',
    ],
    pictures: [
      ...pictureOf('recorded', 'what it should be'),
      ...pictureOf('float', 'float'),
      ...schemes.flatMap(({ scheme, bytes }) => pictureOf(scheme, `${scheme}, ${megabytes(bytes)}`)),
    ],
  };
}

/** A scheme's layers, the worst first. */
function layersOf({ scheme, layers }: SchemeFigures): Section {
  const measured = layers.some(({ kl }) => kl !== undefined);
  const worst = [...layers].sort((a, b) => (a.outputSqnr ?? a.sqnr) - (b.outputSqnr ?? b.sqnr));
  return {
    title: `Layers: ${scheme}`,
    tables: [
      {
        columns: [
          'layer',
          'scheme',
          'algorithm',
          'shape',
          'relative error',
          'SQNR',
          'SQNR of its output',
          'cosine',
          ...(measured ? ['KL alone'] : []),
          'bytes',
        ],
        rows: worst.map((layer): Cell[] => [
          layer.name,
          layer.scheme,
          layer.algorithm,
          layer.shape.join(' x '),
          { text: percent(layer.relativeError), bar: layer.relativeError },
          decibels(layer.sqnr),
          layer.outputSqnr === undefined ? '' : decibels(layer.outputSqnr),
          layer.cosine.toFixed(5),
          ...(measured ? [{ text: layer.kl?.toExponential(2) ?? '', bar: layer.kl ?? 0 }] : []),
          String(layer.bytes),
        ]),
      },
    ],
  };
}

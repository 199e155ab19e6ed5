import { SnowglobeError } from '@snowglobe/graph';
import type { Decoder, Demuxer, FilterAPI } from 'node-av/api';
import type { Frame, Stream } from 'node-av/lib';
import { loadFfmpeg, messageOf, type Ffmpeg } from './ffmpeg.js';
import { FramePicker } from './frame_picker.js';

/** What frames are brought to. */
export interface FrameFormat {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly fps: number;
}

export interface VideoFrame {
  /** (height, width, 3) bytes, valid until the next frame is asked for. */
  readonly rgb: Uint8Array;
  /** Index of the frame in the file that it was made from: several come from one, or none, where rates differ. */
  readonly source: number;
}

/** Above this many pixels, decoding a frame takes so long that sharing it among threads pays. */
const PIXELS_FOR_THREADS = 320 * 240;

/** How pictures are scaled: the average over an area when shrinking, bilinear when growing, the same on every CPU. */
const SCALING = 'area+accurate_rnd+full_chroma_int+bitexact';

/**
 * An open video file, of any format that FFmpeg reads.
 *
 * Frames are turned upright, their pixels made square, cut in the middle to the wanted proportions, scaled and brought
 * to the wanted rate. Decoding is synchronous: leave the event loop a turn now and then.
 */
export class VideoReader {
  /** Rate of the file, frames a second. */
  readonly fps: number;
  /** Frames in the file, once `frames` has come to its end. */
  framesRead = 0;

  private constructor(
    private readonly ffmpeg: Ffmpeg,
    readonly path: string,
    private readonly demuxer: Demuxer,
    private readonly stream: Stream,
  ) {
    this.fps = rateOf(stream);
  }

  /** @throws SnowglobeError for a file that cannot be read or has no video in it */
  static async open(path: string): Promise<VideoReader> {
    const ffmpeg = await loadFfmpeg();
    let demuxer: Demuxer;
    try {
      demuxer = ffmpeg.api.Demuxer.openSync(path);
    } catch (cause) {
      throw unreadable(path, cause);
    }
    const stream = demuxer.video();
    if (stream === undefined) {
      demuxer.closeSync();
      throw new SnowglobeError(`${path} has no video in it; give a recording of a game's screen`);
    }
    return new VideoReader(ffmpeg, path, demuxer, stream);
  }

  /** All frames in order. Can be called once. */
  *frames(format: FrameFormat): Generator<VideoFrame> {
    const { api } = this.ffmpeg;
    const pixels = this.stream.codecpar.width * this.stream.codecpar.height;
    let decoder: Decoder | undefined;
    let filter: FilterAPI | undefined;
    // The frame whose share of the output is known only with the next one's time.
    let held: Frame | undefined;
    const picker = new FramePicker(format.fps);
    const rgb = new Uint8Array(format.width * format.height * 3);
    try {
      decoder = api.Decoder.createSync(this.stream, {
        exitOnError: false,
        hardware: null,
        context: { threadCount: pixels > PIXELS_FOR_THREADS ? 0 : 1 },
      });
      for (const frame of decoder.framesSync(this.demuxer.packetsSync(this.stream.index))) {
        // The end of the file comes as null as well.
        if (frame === null) continue;
        const count = picker.next(this.timeOf(frame));
        if (held !== undefined) {
          filter ??= api.FilterAPI.create(this.filterChain(held, format));
          yield* this.convert(filter, held, rgb, format, count);
          held.free();
        }
        held = frame;
        this.framesRead += 1;
      }
      if (held !== undefined) {
        filter ??= api.FilterAPI.create(this.filterChain(held, format));
        yield* this.convert(filter, held, rgb, format, picker.end(), this.framesRead - 1);
      }
    } catch (cause) {
      throw unreadable(this.path, cause);
    } finally {
      held?.free();
      filter?.close();
      decoder?.close();
    }
  }

  close(): void {
    this.demuxer.closeSync();
  }

  /** When a frame is shown, in seconds; by its number where the file does not say. */
  private timeOf(frame: Frame): number {
    const ticks = frame.bestEffortTimestamp;
    const { num, den } = this.stream.timeBase;
    if (ticks === this.ffmpeg.constants.AV_NOPTS_VALUE) return this.framesRead / this.fps;
    return (Number(ticks) * num) / den;
  }

  /** Scales a frame into `rgb` and yields it `count` times. */
  private *convert(
    filter: FilterAPI,
    frame: Frame,
    rgb: Uint8Array,
    { width, height }: FrameFormat,
    count: number,
    source = this.framesRead - 1,
  ): Generator<VideoFrame> {
    if (count === 0) return;
    for (const scaled of filter.processAllSync(frame)) {
      const plane = scaled.data?.[0];
      const stride = scaled.linesize[0];
      if (plane === undefined || stride === undefined || scaled.width !== width || scaled.height !== height) {
        throw new Error(`scaling gave ${scaled.width}x${scaled.height}, not ${width}x${height}`);
      }
      for (let y = 0; y < height; y++) {
        rgb.set(plane.subarray(y * stride, y * stride + width * 3), y * width * 3);
      }
      scaled.free();
    }
    for (let i = 0; i < count; i++) yield { rgb, source };
  }

  /** FFmpeg's filters from a decoded frame to the wanted picture. */
  private filterChain(frame: Frame, { width, height }: FrameFormat): string {
    const turn = this.quarterTurns();
    const { num, den } = frame.sampleAspectRatio;
    // 0/1 stands for unknown.
    const pixelAspect = num > 0 && den > 0 ? num / den : 1;
    let shownWidth = frame.width * pixelAspect;
    let shownHeight = frame.height;
    if (turn % 2 === 1) [shownWidth, shownHeight] = [shownHeight, shownWidth];
    const scale = Math.max(width / shownWidth, height / shownHeight);
    const scaledWidth = Math.max(width, Math.round(shownWidth * scale));
    const scaledHeight = Math.max(height, Math.round(shownHeight * scale));
    return [
      ...[[], ['transpose=clock'], ['hflip', 'vflip'], ['transpose=cclock']][turn]!,
      `scale=${scaledWidth}:${scaledHeight}:flags=${SCALING}`,
      'format=rgb24',
      `crop=${width}:${height}`,
    ].join(',');
  }

  /** Quarter turns clockwise that the file asks for, as phones do: 0 to 3. */
  private quarterTurns(): number {
    const matrix = this.stream.codecpar.getCodedSideData(this.ffmpeg.constants.AV_PKT_DATA_DISPLAYMATRIX);
    if (matrix === null || matrix.length < 36) return 0;
    // Rows (a, b, u), (c, d, v), (x, y, w) of fixed-point numbers; (a, b) is where the x axis points to.
    const angle = Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0));
    return (Math.round(angle / (Math.PI / 2)) + 4) % 4;
  }
}

function rateOf(stream: Stream): number {
  for (const { num, den } of [stream.avgFrameRate, stream.rFrameRate]) {
    if (num > 0 && den > 0) return num / den;
  }
  return 25;
}

function unreadable(path: string, cause: unknown): SnowglobeError {
  return new SnowglobeError(
    `${path} cannot be read as a video (${messageOf(cause)}); convert it to MP4, WebM or MKV with H.264, VP9 or AV1`,
    { cause },
  );
}

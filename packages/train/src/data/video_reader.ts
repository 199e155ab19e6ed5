import type { Decoder, Demuxer, FilterAPI } from 'node-av/api';
import type { Frame, Stream } from 'node-av/lib';
import type { Ffmpeg } from './ffmpeg.js';
import { FramePicker } from './frame_picker.js';
import { longestShown } from './frame_times.js';
import { orientationOf } from './orientation.js';
import { unreadableVideo } from './unreadable_video.js';
import { inspectVideo, openDemuxer, type VideoFile } from './video_file.js';

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

/** Pixels further from square than this are a mistake of the file's. */
const MOST_OBLONG = 20;

/**
 * An open video file, of any format that FFmpeg reads.
 *
 * Frames are turned upright, their pixels made square, cut in the middle to the wanted proportions, scaled and brought
 * to the wanted rate, each by what holds for it: sizes may change in the middle. Decoding is synchronous: leave the event
 * loop a turn now and then.
 */
export class VideoReader {
  /** Rate of its frames' times, a second; undefined where neither they nor the stream tell: frames are then taken one by one. */
  readonly fps: number | undefined;
  /** Frames in the file, once `frames` has come to its end. */
  framesRead = 0;

  private constructor(
    private readonly file: VideoFile,
    private readonly demuxer: Demuxer,
    private readonly stream: Stream,
  ) {
    this.fps = file.fps;
  }

  /** @throws SnowglobeError for a file that cannot be read or has no video in it */
  static async open(path: string): Promise<VideoReader> {
    const file = await inspectVideo(path);
    const demuxer = openDemuxer(file.ffmpeg, path);
    return new VideoReader(file, demuxer, demuxer.streams[file.stream]!);
  }

  /** All frames in order. Can be called once. */
  *frames(format: FrameFormat): Generator<VideoFrame> {
    const { api } = this.file.ffmpeg;
    const pixels = this.stream.codecpar.width * this.stream.codecpar.height;
    let decoder: Decoder | undefined;
    const filters = new FrameFilter(this.file.ffmpeg, this.stream, format);
    // The frame whose share of the output is known only with the next one's time.
    let held: Frame | undefined;
    // Frames without a rate are at the wanted one.
    const rate = this.fps ?? format.fps;
    const picker = new FramePicker(format.fps, longestShown(rate));
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
        const count = picker.next(this.timeOf(frame, rate));
        if (held !== undefined) {
          yield* this.convert(filters, held, rgb, count);
          held.free();
        }
        held = frame;
        this.framesRead += 1;
      }
      if (held !== undefined) {
        yield* this.convert(filters, held, rgb, picker.end(), this.framesRead - 1);
      }
    } catch (cause) {
      throw unreadableVideo(this.file.path, cause);
    } finally {
      held?.free();
      filters.close();
      decoder?.close();
    }
  }

  close(): void {
    this.demuxer.closeSync();
  }

  /** When a frame is shown, in seconds; by its number where the file does not say. */
  private timeOf(frame: Frame, rate: number): number {
    const { ffmpeg, shownAt } = this.file;
    const ticks = frame.bestEffortTimestamp;
    const { num, den } = this.stream.timeBase;
    if (shownAt.size === 0 || ticks === ffmpeg.constants.AV_NOPTS_VALUE) return this.framesRead / rate;
    return shownAt.get(Number(ticks)) ?? (Number(ticks) * num) / den;
  }

  /** Scales a frame into `rgb` and yields it `count` times. */
  private *convert(
    filters: FrameFilter,
    frame: Frame,
    rgb: Uint8Array,
    count: number,
    source = this.framesRead - 1,
  ): Generator<VideoFrame> {
    if (count === 0) return;
    filters.scale(frame, rgb);
    for (let i = 0; i < count; i++) yield { rgb, source };
  }
}

/** Brings frames to the wanted size, by filters that are made anew where a frame is of another shape than the one before. */
class FrameFilter {
  #filter: FilterAPI | undefined;
  #key = '';

  constructor(
    private readonly ffmpeg: Ffmpeg,
    private readonly stream: Stream,
    private readonly format: FrameFormat,
  ) {}

  /** @param rgb gets the (height, width, 3) bytes */
  scale(frame: Frame, rgb: Uint8Array): void {
    const { width, height } = this.format;
    const chain = this.chainFor(frame);
    const key = [frame.width, frame.height, frame.format, frame.colorSpace, frame.colorRange, chain].join();
    if (this.#filter === undefined || key !== this.#key) {
      this.#filter?.close();
      this.#filter = this.ffmpeg.api.FilterAPI.create(chain);
      this.#key = key;
    }
    for (const scaled of this.#filter.processAllSync(frame)) {
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
  }

  close(): void {
    this.#filter?.close();
    this.#filter = undefined;
  }

  /** FFmpeg's filters from a decoded frame to the wanted picture. */
  private chainFor(frame: Frame): string {
    const { width, height } = this.format;
    const { constants } = this.ffmpeg;
    // What stands in the frame itself is newer than what stands in the file's head.
    const orientation = orientationOf(
      frame.getSideData(constants.AV_FRAME_DATA_DISPLAYMATRIX) ??
        this.stream.codecpar.getCodedSideData(constants.AV_PKT_DATA_DISPLAYMATRIX),
    );
    let shownWidth = frame.width * this.pixelAspect(frame);
    let shownHeight = frame.height;
    if (orientation.swapsSides) [shownWidth, shownHeight] = [shownHeight, shownWidth];
    const scale = Math.max(width / shownWidth, height / shownHeight);
    const scaledWidth = Math.max(width, Math.round(shownWidth * scale));
    const scaledHeight = Math.max(height, Math.round(shownHeight * scale));
    return [
      ...orientation.filters,
      `scale=${scaledWidth}:${scaledHeight}:flags=${SCALING}`,
      'format=rgb24',
      `crop=${width}:${height}`,
    ].join(',');
  }

  /** Width of a pixel by its height: what the container says, then what the codec says, as players go by it. */
  private pixelAspect(frame: Frame): number {
    for (const { num, den } of [this.stream.sampleAspectRatio, frame.sampleAspectRatio]) {
      // 0/1 stands for unknown.
      if (num <= 0 || den <= 0) continue;
      const aspect = num / den;
      if (aspect <= MOST_OBLONG && aspect >= 1 / MOST_OBLONG) return aspect;
    }
    return 1;
  }
}

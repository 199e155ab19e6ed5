import type { KvCacheBits, WorldFile } from '@snowglobe/model';
import type { PartScores } from '../measure/part_evaluator.js';
import type { Speed } from '../measure/speed.js';
import type { Plan } from '../world/plan.js';
import type { LayerErrors } from '../world/quantize_layers.js';

/** The figures of one world, float or quantized. Drops are against the float world, in dB. */
export interface WorldFigures {
  /** Of the file. */
  readonly bytes: number;
  readonly rolloutPsnr: number;
  readonly rolloutPsnrDrop: number;
  /** None of a single rollout. */
  readonly rolloutPsnrDropStandardError?: number | undefined;
  readonly delta4: number;
  readonly delta4Drop: number;
  /** PSNR of reconstructed frames, by the part that does it; see `FamilyTraining.reconstruction`. */
  readonly reconstruction?: { readonly name: string; readonly psnr: number; readonly drop: number };
}

/** A quantized world beside the float one. */
export interface SchemeFigures extends WorldFigures, Partial<Speed> {
  readonly scheme: string;
  /** Bits of the keys and values that it remembers, where they are no floats. */
  readonly kvCache?: KvCacheBits;
  /** Mean bits of a quantized weight, scales included; 16 where there is none, as floats are written. */
  readonly bits: number;
  /** KL(float ‖ quantized) of the main part in nats, see `FamilyQuantization`, and how often the likeliest is the same. */
  readonly klMean: number;
  readonly klStandardError?: number | undefined;
  readonly top1: number;
  readonly top1StandardError?: number | undefined;
  /** The same of every part of the world. */
  readonly parts: PartScores;
  readonly layers: readonly LayerErrors[];
}

/** What was made of a plan. */
export interface QuantizedWorld {
  readonly plan: Plan;
  readonly file: WorldFile;
  readonly bytes: number;
}

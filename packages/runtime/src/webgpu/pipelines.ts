import type { ShaderPass } from '@snowglobe/kernels';
import type { BindingReference } from '@snowglobe/kernels';
import { computeStage } from './constants.js';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compute pipelines of one device, by code and access of the bindings, shared by all of its programs. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Pipelines made so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * The pipeline of a pass. Calls do not wait for one another, so a driver compiles as many at once as it likes.
   * @throws Error with `label` and the compiler's message when the shader is wrong.
   */
  get(label: string, pass: ShaderPass): Promise<Pipeline> {
    const signature = pass.bindings.map(({ access }) => (access === 'read' ? 'r' : 'w')).join('');
    const key = `${signature}\n${pass.code}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const made = this.#make(label, pass, signature);
    this.#pipelines.set(key, made);
    // A failure is not kept: its label would be wrong for the next one that asks.
    made.catch(() => this.#pipelines.delete(key));
    return made;
  }

  async #make(label: string, pass: ShaderPass, signature: string): Promise<Pipeline> {
    const device = this.#device;
    // The scope closes before anything is awaited, so it sees this module and layout alone.
    device.pushErrorScope('validation');
    const layout = this.#layout(signature, pass.bindings);
    // One a pipeline: wgpu (Firefox, Deno) holds what is bound against the sizes of an earlier pipeline where two of them share a layout.
    const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [layout] });
    const module = device.createShaderModule({ label, code: pass.code });
    const validated = device.popErrorScope();
    const created = device.createComputePipelineAsync({
      label,
      layout: pipelineLayout,
      compute: { module, entryPoint: 'main' },
    });
    const [invalid, pipeline] = await Promise.allSettled([validated, created]);
    const error =
      invalid.status === 'rejected'
        ? (invalid.reason as Error)
        : (invalid.value ?? (pipeline.status === 'rejected' ? (pipeline.reason as Error) : undefined));
    if (error || pipeline.status === 'rejected') {
      throw new Error(`${label}: the device refuses the shader: ${error?.message.trim()}`, { cause: error });
    }
    return { pipeline: pipeline.value, layout };
  }

  #layout(signature: string, bindings: readonly BindingReference[]): GPUBindGroupLayout {
    let layout = this.#layouts.get(signature);
    if (!layout) {
      // Explicit: an automatic layout leaves out bindings that a shader declares but does not use.
      layout = this.#device.createBindGroupLayout({
        label: signature,
        entries: bindings.map(({ access }, binding) => ({
          binding,
          visibility: computeStage,
          buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
        })),
      });
      this.#layouts.set(signature, layout);
    }
    return layout;
  }
}

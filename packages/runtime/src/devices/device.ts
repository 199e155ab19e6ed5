import type { DeviceCapabilities } from '@snowglobe/kernels';

/** Graphics API below WebGPU; `browser` where the browser does not tell. */
export type DeviceBackend = 'vulkan' | 'metal' | 'd3d12' | 'd3d11' | 'opengl' | 'opengles' | 'browser';

/** What is known about an adapter before a device is made of it. */
export interface DeviceDescription {
  /** What `--device` takes: the adapter's name, unique in a discovery. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** The driver's own description of itself, empty where it gives none. */
  readonly driver: string;
  readonly backend: DeviceBackend;
  /** `software` when the CPU does the work: right for tests, too slow for play. */
  readonly kind: 'hardware' | 'software';
  /** Optional WebGPU features of the adapter, sorted. */
  readonly features: readonly string[];
  /** The adapter's limits, by their WebGPU names. */
  readonly limits: Readonly<Record<string, number>>;
  /** What the adapter says of itself (`GPUAdapterInfo`), word for word. */
  readonly info?: Readonly<Record<string, string | number | boolean>>;
}

/** One line of `snowglobe devices`. */
export interface DeviceReport extends DeviceDescription {
  readonly chosen: boolean;
  /** Why it was chosen or not, in one clause. */
  readonly reason: string;
}

/** A device ready for an executor. */
export interface OpenDevice {
  readonly description: DeviceDescription;
  readonly device: GPUDevice;
  /** What kernels may use: the features and limits that the device was really made with. */
  readonly capabilities: DeviceCapabilities;
  /** What was asked for and not given, in sentences. Empty when all went well. */
  readonly notes: readonly string[];
  /** Whether it is somebody else's: see `borrowDevice`. */
  readonly isBorrowed?: boolean;
  /** Destroys the device, unless it is borrowed, and lets go of its GPU instance. A second call does nothing. */
  close(): void;
}

/** An adapter that was found. Opening it twice gives two devices. */
export interface DeviceCandidate {
  readonly description: DeviceDescription;
  /** Makes a device. @throws SnowglobeError when the adapter gives none */
  open(): Promise<OpenDevice>;
}

/** Adapters of this machine. */
export interface Discovery {
  /** In order of preference. */
  readonly candidates: readonly DeviceCandidate[];
  /** What was looked for and not found or not usable, in sentences. */
  readonly notes: readonly string[];
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|basic render|\bwarp\b/i;

/** Reads an adapter's self-description. `listed` is what the enumeration knows better than the adapter. */
export function describeAdapter(
  adapter: GPUAdapter,
  listed: { readonly name?: string; readonly backend: DeviceBackend },
): DeviceDescription {
  const { info } = adapter;
  const limits = plainOf(adapter.limits, (value): value is number => typeof value === 'number');
  const words = [info.vendor, info.architecture, info.device].filter((word) => word !== '');
  const name = listed.name ?? (info.description || words.join(' ') || 'unnamed adapter');
  const isSoftware =
    info.isFallbackAdapter || softwareNames.test(`${name} ${info.description} ${info.device}`);
  return {
    name,
    vendor: info.vendor,
    architecture: info.architecture,
    driver: info.description,
    backend: listed.backend,
    kind: isSoftware ? 'software' : 'hardware',
    features: [...adapter.features].sort(),
    limits,
    info: plainOf(info, (value): value is string | number | boolean =>
      ['string', 'number', 'boolean'].includes(typeof value),
    ),
  };
}

/** An interface's values as a plain object: they are accessors of the prototype, which only `for … in` sees. */
function plainOf<T>(source: object, wanted: (value: unknown) => value is T): Record<string, T> {
  const plain: Record<string, T> = {};
  for (const key in source) {
    const value = (source as Record<string, unknown>)[key];
    if (wanted(value)) plain[key] = value;
  }
  return plain;
}

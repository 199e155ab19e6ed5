import { PbfReader } from 'pbf';

interface Initializer {
  readonly type: number;
  readonly data: Uint8Array;
}

/** What tests look at in an ONNX file. Field numbers are those of onnx.proto3. */
export interface OnnxFile {
  readonly description: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly producerVersion: string;
  readonly nodes: readonly { readonly opType: string; readonly domain: string }[];
  /** `type` is a TensorProto.DataType; 1 are floats. */
  readonly initializers: readonly Initializer[];
  /** Descriptions of inputs and outputs by name. */
  readonly values: ReadonlyMap<string, string>;
}

/** Reads a file back by the specification, not by what wrote it. */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const pbf = new PbfReader(bytes);
  const file = {
    description: '',
    metadata: new Map<string, string>(),
    producerVersion: '',
    nodes: [] as { opType: string; domain: string }[],
    initializers: [] as Initializer[],
    values: new Map<string, string>(),
  };
  const textFields = (): Map<number, string> =>
    pbf.readMessage((field, into: Map<number, string>) => {
      // Strings and messages are both lengths with bytes; only the strings are wanted.
      if ([1, 2, 3, 4, 7].includes(field)) into.set(field, pbf.readString());
    }, new Map());
  const graph = (): void => {
    pbf.readMessage((field) => {
      if (field === 1) {
        const texts = textFields();
        file.nodes.push({ opType: texts.get(4)!, domain: texts.get(7) ?? '' });
      }
      if (field === 5) file.initializers.push(initializer());
      if (field === 11 || field === 12) {
        const texts = textFields();
        file.values.set(texts.get(1)!, texts.get(3) ?? '');
      }
    }, undefined);
  };
  const initializer = (): Initializer => {
    const read: { -readonly [K in keyof Initializer]: Initializer[K] } = { type: 0, data: new Uint8Array() };
    pbf.readMessage((field) => {
      if (field === 2) read.type = pbf.readVarint();
      if (field === 9) read.data = pbf.readBytes();
    }, undefined);
    return read;
  };
  pbf.readFields((field) => {
    if (field === 3) file.producerVersion = pbf.readString();
    if (field === 6) file.description = pbf.readString();
    if (field === 7) graph();
    if (field === 14) {
      const texts = textFields();
      file.metadata.set(texts.get(1)!, texts.get(2)!);
    }
  }, undefined);
  return file;
}

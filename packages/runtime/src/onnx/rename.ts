import type { OnnxModel } from '@snowglobe/kernels/internal';

/** Other names for values of a model, wherever they stand; constants keep theirs. */
export function renameValues(model: OnnxModel, names: ReadonlyMap<string, string>): OnnxModel {
  const renamed = (name: string): string => names.get(name) ?? name;
  const value = <T extends { readonly name: string }>(each: T): T => ({ ...each, name: renamed(each.name) });
  return {
    ...model,
    nodes: model.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(renamed),
      outputs: node.outputs.map(renamed),
    })),
    inputs: model.inputs.map(value),
    outputs: model.outputs.map(value),
  };
}

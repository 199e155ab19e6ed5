import type { Tensor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import type { Initializer } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { fillNormal } from '@snowglobe/model/internal';

/** The first value of a parameter; the same for the same seed and name, whatever else is in the model. */
export function initialValue(
  name: string,
  size: number,
  initializer: Initializer,
  seed: number,
): Float32Array {
  const data = new Float32Array(size);
  switch (initializer.kind) {
    case 'zeros':
      break;
    case 'ones':
      data.fill(1);
      break;
    case 'normal':
      fillNormal(data, initializer.standardDeviation, generatorFor(seed, name));
  }
  return data;
}

/**
 * Writes the first value of parameters.
 * @param variables variables of the graph, by name
 * @param rules how each starts (`parametersOf` of the model)
 * @throws SnowglobeError when a rule names no variable.
 */
export function initializeVariables(
  variables: ReadonlyMap<string, Tensor>,
  rules: ReadonlyMap<string, Initializer>,
  store: VariableStore,
  seed: number,
): void {
  for (const [name, initializer] of rules) {
    const tensor = variables.get(name);
    if (!tensor) {
      throw new SnowglobeError(
        `initialize: the graph has no variable '${name}'; create it in the same builder.`,
      );
    }
    store.write(name, tensor, initialValue(name, sizeOf(tensor.shape), initializer, seed));
  }
}

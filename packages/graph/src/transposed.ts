/** (rows, columns) -> (columns, rows), row-major. */
export function transposed<T extends Float32Array | Int32Array>(data: T, rows: number, columns: number): T {
  return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!) as T;
}

import { create } from 'webgpu';
const gpu = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']);
const adapter = (await gpu.requestAdapter())!;
console.log(adapter.info.description, [...adapter.features].join(' '));
console.log(adapter.info.subgroupMinSize, adapter.info.subgroupMaxSize, JSON.stringify((adapter.info as any).subgroupMatrixConfigs), (adapter.info as any).subgroupMatrixConfigs?.[0]);
const c = (adapter.info as any).subgroupMatrixConfigs?.[0]; if (c) { for (const k in c) console.log(k, c[k]); }

for (const c of (adapter.info as any).subgroupMatrixConfigs) console.log(c.componentType, c.resultComponentType, c.M, c.N, c.K); process.exit(0);

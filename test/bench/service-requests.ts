import type { Benchmark } from './measure.ts';
export const serviceRequests: Benchmark = { name: 'service', run: async () => [] };

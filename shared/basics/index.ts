export * from './src/clock.ts';
export * from './src/json.ts';
export * from './src/log.ts';
export * from './src/result.ts';
export * from './src/retry.ts';
export * from './src/table.ts';
export * from './src/units.ts';
export * from './src/yaml-file.ts';

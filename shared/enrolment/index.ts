export * from './src/token-codec.ts';

export * from './src/revoked.ts';
export * from './src/token-codec.ts';

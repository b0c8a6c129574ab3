export * from './records.ts';
export { describeOpenFailure, type OpenFailure, openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
export * from './store.ts';

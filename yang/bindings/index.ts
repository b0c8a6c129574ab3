// Generated from yang/modules by "npm run generate"; not to be edited.
export type * from './identities.ts';
export type * from './ietf-portal-backend-message.ts';
export type * from './ietf-subscriber-service-message.ts';
export type * from './messages.ts';
export type * from './sublane-headend.ts';
export type * from './sublane-service.ts';
export { SCHEMA_TABLE } from './schema-table.ts';

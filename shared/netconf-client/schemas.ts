export type { Announced, AnnouncedModule } from './src/schemas/announced.ts';
export { CheckedClient, type CheckedOptions, checkedClient } from './src/schemas/checked-client.ts';
export {
  type CollectedSchemas,
  collectSchemas,
  type MissingSchema,
  type SchemaText,
} from './src/schemas/collect-schemas.ts';
export { jsonToXml, notificationToJson, rpcToXml, xmlToJson } from './src/schemas/json.ts';
export {
  failureText,
  type OpenedSchemas,
  openSchemas,
  openTexts,
  type SchemaOptions,
} from './src/schemas/open-schemas.ts';
export { SchemaCache, type SchemaCacheOptions } from './src/schemas/schema-cache.ts';
export { SchemaCheck } from './src/schemas/schema-check.ts';

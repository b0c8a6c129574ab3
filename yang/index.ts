export type * from './bindings/index.ts';
export { SCHEMA_TABLE } from './bindings/schema-table.ts';
export { openContext, ROLE_MODULES, type Role } from './src/context.ts';
export {
  encodeData,
  encodeNotification,
  encodeReply,
  encodeRpc,
  type NotificationName,
  type RpcInput,
  type RpcName,
  type RpcOutput,
} from './src/encode.ts';
export { EncodingFault } from './src/encoder/encoding-fault.ts';
export { moduleSources } from './src/module-files.ts';

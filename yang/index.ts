export type * from './bindings/index.ts';
export { SCHEMA_TABLE } from './bindings/schema-table.ts';
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

export { type Milliseconds, milliseconds } from '@sublane/basics';
export {
  type AccessAnswer,
  type AccessRequest,
  type Credential,
  DEFAULT_LIMITS,
  type RadiusClient,
  type RadiusClientOptions,
  type RadiusFailure,
  type RadiusLimits,
  type RadiusServer,
  type RadiusTls,
  type ServerStatus,
} from './src/client/client-types.ts';
export { createRadiusClient } from './src/client/radius-client.ts';
export {
  type Attribute,
  allValues,
  attribute,
  findAttribute,
  firstValue,
  keyText,
  octetCounters,
  type ValueOf,
  valueText,
  withKey,
} from './src/codec/attribute.ts';
export {
  ACCT_AUTHENTIC,
  ACCT_STATUS_TYPE,
  ACCT_TERMINATE_CAUSE,
  type AttributeKey,
  type AttributeName,
  ERROR_CAUSE,
  NAS_PORT_TYPE,
  SERVICE_TYPE,
  type ValueKind,
} from './src/codec/dictionary.ts';
export { createDynamicAuthorizationClient } from './src/dynamic-authorization/dynamic-authorization-client.ts';
export { listenDynamicAuthorization } from './src/dynamic-authorization/dynamic-authorization-listener.ts';
export * from './src/dynamic-authorization/dynamic-authorization-types.ts';
export type { Log, RandomBytes } from './src/surroundings.ts';

export { type Milliseconds, milliseconds } from '@sublane/basics';
export { type RpcError, rpcErrorText, type XmlElement, xmlElement } from '@sublane/netconf';
export * from './src/call-home-listener.ts';
export type { CertificateCheck } from './src/certificate-check.ts';
export type { DataReply, SubscriptionReply } from './src/client-operations.ts';
export * from './src/connect.ts';
export * from './src/failures.ts';
export { fingerprintOf, type HostKeyCheck } from './src/host-key.ts';
export * from './src/keep-live.ts';
export type { Gap, LiveSubscribeOptions } from './src/live-subscription.ts';
export {
  type ClientCounters,
  type ClientLimits,
  DEFAULT_LIMITS,
  NetconfClient,
  type SessionOptions,
} from './src/netconf-client.ts';
export type { NotificationEvent, NotificationHandler } from './src/notification-queue.ts';
export * from './src/operations.ts';
export * from './src/plain-object.ts';
export type { CallOptions, RpcReply } from './src/rpc-calls.ts';
export type { ServerSupport } from './src/server-support.ts';
export type { RekeyOptions } from './src/ssh-rekey.ts';
export type { SshLogin, SshOptions } from './src/ssh-transport.ts';
export type { TlsLogin, TlsOptions } from './src/tls-transport.ts';
export type { CheckFailure, Transaction, TransactionOptions } from './src/transaction.ts';

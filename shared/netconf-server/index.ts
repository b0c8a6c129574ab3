export {
  type AccessControl,
  type DataAccess,
  type DataOperation,
  type Decision,
  type Identity,
  PERMITTED,
  type Refusal,
  type RefusedAccess,
  UNRESTRICTED,
  type Verdict,
  type WriteOperation,
} from './src/access.ts';
export {
  type CallHome,
  type CallHomeFailure,
  type CallHomeOptions,
  type CallHomeState,
  type ConnectionType,
  callHome,
} from './src/call-home/call-home.ts';
export { RECONNECT, type ReconnectStrategy } from './src/call-home/reconnect.ts';
export { type ConfigDifference, ConfigurationView } from './src/configuration-view.ts';
export { sourceOf } from './src/connection-gate.ts';
export type {
  Commit,
  CommitOptions,
  CommitPurpose,
  ConfigChange,
  ConfigEdit,
  ConfigSnapshot,
  Datastore,
  Participant,
  Persistence,
  Saved,
} from './src/datastore.ts';
export { type FileUrlOptions, fileUrls } from './src/datastores/file-urls.ts';
export type { UrlScheme, UrlSchemes } from './src/datastores/url-scheme.ts';
export { type WebUrlOptions, webUrls } from './src/datastores/web-urls.ts';
export type {
  Candidate,
  CandidateCommit,
  CandidateEdit,
  DatastoreEvent,
  DatastoreName,
  Datastores,
  Locks,
  Startup,
} from './src/datastores.ts';
export type {
  AccessRefused,
  AuthenticationRefused,
  ConnectionRefusal,
  RpcDone,
  ServerEvents,
  SessionRefused,
} from './src/events.ts';
export { filePersistence } from './src/file-persistence.ts';
export {
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  DEFAULT_LIMITS,
  DEFAULT_SSH_LIMITS,
  type Limits,
  type SshLimits,
} from './src/limits.ts';
export type { ListenFailure } from './src/listen.ts';
export type { ServerStatistics } from './src/monitoring.ts';
export type { AccessQuestion, Explanation, TraceStep } from './src/nacm/explain.ts';
export { createNacm, type Nacm, type NacmOptions } from './src/nacm/nacm.ts';
export { nacmParticipant } from './src/nacm/participant.ts';
export { accessAt, type Step, stepsOf } from './src/nacm/path-text.ts';
export {
  decisionText,
  NACM_NAMESPACE,
  type NacmRules,
  type Rule,
  type RuleList,
  type RuleTarget,
} from './src/nacm/rules.ts';
export type {
  EventLog,
  EventPage,
  EventQuery,
  EventStream,
  LoggedEvent,
  ServerEvent,
} from './src/notifications/event.ts';
export type { NotificationOptions } from './src/notifications/event-hub.ts';
export { MemoryEventLog, type MemoryEventLogOptions } from './src/notifications/memory-event-log.ts';
export { type DatastoreFailure, type DatastoreOptions, openDatastores } from './src/open-datastores.ts';
export type { OperationalProvider, OperationalRequest } from './src/operational.ts';
export { accessByPath } from './src/path-access.ts';
export {
  type ActionCall,
  type ActionHandler,
  type ActionPath,
  OK,
  type RpcCall,
  type RpcHandler,
  type RpcName,
  type RpcOutcome,
  refused,
} from './src/rpc-table.ts';
export { SchemaIndex } from './src/schema-index.ts';
export {
  type Admission,
  createNetconfServer,
  type NetconfServer,
  type Newcomer,
  type ServerOptions,
  type SessionRefusal,
} from './src/server.ts';
export { type CloseReason, type Peer, reasonText, type Session, type Transport } from './src/session.ts';
export { generateHostKey, type HostKeyFault } from './src/ssh/host-key.ts';
export type { SshAcceptorOptions } from './src/ssh/ssh-acceptor.ts';
export type { Authenticate, AuthenticationAttempt, Method } from './src/ssh/ssh-connection.ts';
export { listenSsh, type SshListener, type SshListenerOptions, type SshListenFailure } from './src/ssh/ssh-listener.ts';
export { fingerprintOf, type UserKey } from './src/ssh/user-key.ts';
export { requestedValues } from './src/subtree-filter.ts';
export { type CertToName, certificateFingerprint, MAP_TYPES, parseFingerprint } from './src/tls/cert-to-name.ts';
export {
  type CredentialsFailure,
  holderOf,
  type ReadCredentials,
  readCredentials,
  type TlsCredentials,
} from './src/tls/credentials.ts';
export type { TlsAcceptorOptions, TlsFailure, TlsTrust } from './src/tls/tls-acceptor.ts';
export type { CertifiedUser, Identify } from './src/tls/tls-connection.ts';
export { listenTls, type TlsListener, type TlsListenerOptions, type TlsListenFailure } from './src/tls/tls-listener.ts';
export {
  listenUnix,
  type UnixListener,
  type UnixListenerOptions,
  type UnixListenFailure,
} from './src/unix/unix-listener.ts';
export { validationErrors } from './src/validation-error.ts';

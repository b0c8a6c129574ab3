import type { OperationContext } from '../operations/operation.ts';

/** What of a server its subscriptions stand on. */
export type Grounds = Pick<OperationContext, 'schema' | 'context' | 'access' | 'datastores' | 'providers' | 'log'>;

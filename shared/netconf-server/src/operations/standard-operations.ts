import { BASE_NAMESPACE, MONITORING_NAMESPACE, NOTIFICATION_NAMESPACE } from '@sublane/netconf';
import { NMDA_NAMESPACE } from '../nmda/datastore-names.ts';
import { editData } from '../nmda/edit-data.ts';
import { getData } from '../nmda/get-data.ts';
import { PUSH_MODULE, PUSH_NAMESPACE, SUBSCRIBED_MODULE, SUBSCRIBED_NAMESPACE } from '../subscriptions/names.ts';
import {
  deleteSubscription,
  establishSubscription,
  killSubscription,
  modifySubscription,
  resyncSubscription,
} from '../subscriptions/subscription-operations.ts';
import { cancelCommit, commit, discardChanges } from './commit.ts';
import { copyConfig } from './copy-config.ts';
import { createSubscription } from './create-subscription.ts';
import { deleteConfig } from './delete-config.ts';
import { editConfig } from './edit-config.ts';
import { get, getConfig } from './get.ts';
import { getSchema } from './get-schema.ts';
import { lock, unlock } from './lock.ts';
import type { Operation } from './operation.ts';
import { closeSession, killSession } from './session-operations.ts';
import { validate } from './validate.ts';

export interface StandardOperation {
  readonly module: string;
  readonly namespace: string;
  readonly name: string;
  readonly operation: Operation;
}

const base = (name: string, operation: Operation): StandardOperation => ({
  module: 'ietf-netconf',
  namespace: BASE_NAMESPACE,
  name,
  operation,
});

const subscribed = (name: string, operation: Operation): StandardOperation => ({
  module: SUBSCRIBED_MODULE,
  namespace: SUBSCRIBED_NAMESPACE,
  name,
  operation,
});

/** The operations of the standards that the server has itself. */
export const STANDARD_OPERATIONS: readonly StandardOperation[] = [
  base('get', get),
  base('get-config', getConfig),
  base('edit-config', editConfig),
  base('copy-config', copyConfig),
  base('delete-config', deleteConfig),
  base('lock', lock),
  base('unlock', unlock),
  base('validate', validate),
  base('commit', commit),
  base('discard-changes', discardChanges),
  base('cancel-commit', cancelCommit),
  base('close-session', closeSession),
  base('kill-session', killSession),
  {
    module: 'notifications',
    namespace: NOTIFICATION_NAMESPACE,
    name: 'create-subscription',
    operation: createSubscription,
  },
  subscribed('establish-subscription', establishSubscription),
  subscribed('modify-subscription', modifySubscription),
  subscribed('delete-subscription', deleteSubscription),
  subscribed('kill-subscription', killSubscription),
  { module: PUSH_MODULE, namespace: PUSH_NAMESPACE, name: 'resync-subscription', operation: resyncSubscription },
  { module: 'ietf-netconf-monitoring', namespace: MONITORING_NAMESPACE, name: 'get-schema', operation: getSchema },
  { module: 'ietf-netconf-nmda', namespace: NMDA_NAMESPACE, name: 'get-data', operation: getData },
  { module: 'ietf-netconf-nmda', namespace: NMDA_NAMESPACE, name: 'edit-data', operation: editData },
];

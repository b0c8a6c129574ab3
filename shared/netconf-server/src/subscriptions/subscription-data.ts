import { ok } from '@sublane/basics';
import { escapeText } from '@sublane/netconf';
import type { EventHub } from '../notifications/event-hub.ts';
import type { OperationalProvider } from '../operational.ts';
import type { DynamicSubscription } from './dynamic-subscription.ts';
import type { DynamicSubscriptions } from './dynamic-subscriptions.ts';
import { SUBSCRIBED_MODULE, SUBSCRIBED_NAMESPACE } from './names.ts';
import { termsXml } from './subscription-terms.ts';

/** `streams` and `subscriptions` of ietf-subscribed-notifications (RFC 8639 §3). */
export function subscriptionProviders(subscriptions: DynamicSubscriptions): readonly OperationalProvider[] {
  return [
    {
      module: SUBSCRIBED_MODULE,
      name: 'streams',
      read: async () => ok(await streamsXml(subscriptions.hub)),
    },
    {
      module: SUBSCRIBED_MODULE,
      name: 'subscriptions',
      read: () => {
        const list = Array.from(subscriptions.all(), subscriptionXml).join('');
        return ok(list === '' ? '' : `<subscriptions xmlns="${SUBSCRIBED_NAMESPACE}">${list}</subscriptions>`);
      },
    },
  ];
}

async function streamsXml({ streams, eventLog }: EventHub): Promise<string> {
  const agedAt = await eventLog?.agedAt();
  const replay =
    eventLog === undefined
      ? ''
      : '<replay-support/>' +
        `<replay-log-creation-time>${eventLog.createdAt.toISOString()}</replay-log-creation-time>` +
        (agedAt === undefined ? '' : `<replay-log-aged-time>${agedAt.toISOString()}</replay-log-aged-time>`);
  const list = Array.from(
    streams.values(),
    ({ name, description }) =>
      `<stream><name>${escapeText(name)}</name><description>${escapeText(description)}</description>${replay}</stream>`,
  );
  return `<streams xmlns="${SUBSCRIBED_NAMESPACE}">${list.join('')}</streams>`;
}

/** Its one receiver is the session that made it, under that session's number. */
function subscriptionXml({ id, session, order, sent, excluded, suspended }: DynamicSubscription): string {
  return (
    `<subscription><id>${id}</id>${termsXml(order.terms, order.filter)}` +
    `<receivers><receiver><name>${session.id}</name><sent-event-records>${sent}</sent-event-records>` +
    `<excluded-event-records>${excluded}</excluded-event-records>` +
    `<state>${suspended ? 'suspended' : 'active'}</state></receiver></receivers></subscription>`
  );
}

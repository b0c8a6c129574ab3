import type { EventLog, EventPage, EventStream, Identity, NotificationOptions, ServerEvent } from 'netconf-server';
import type { EventStore, LoggedEvent } from '../store/event-store.ts';
import type { Timestamp } from '../store/records.ts';

/** What happens to lanes: all a host may hear of, and that only of itself. */
const SERVICE_STREAM: EventStream = {
  name: 'service',
  description: 'what happens to the lanes of hosts: a host hears of its own',
  includes: ({ module }) => module === 'sublane-service',
};

/** The headend's events: in the store, in the streams NETCONF and `service`, those of a host to its own sessions. */
export function eventNotifications(store: EventStore): NotificationOptions {
  return { streams: [SERVICE_STREAM], log: eventLog(store), party };
}

/** A host hears of itself. Who comes to enrol is no host yet, and hears of nobody. */
function party({ role, user }: Identity): string | undefined {
  return role === 'operator' ? undefined : user;
}

function eventLog(store: EventStore): EventLog {
  return {
    async append({ at, ...event }) {
      const appended = await store.append({ ...event, at: at.getTime() as Timestamp });
      if (appended.ok) return appended.value;
      throw new Error(`the store refuses: ${appended.failure.kind}`);
    },
    async read({ since, until, ...query }): Promise<EventPage> {
      const { events, agedThrough } = await store.read({
        ...query,
        ...(since && { since: since.getTime() as Timestamp }),
        ...(until && { until: until.getTime() as Timestamp }),
      });
      return { events: events.map(told), agedThrough };
    },
    watch: (tell) => store.watch((event) => tell(told(event))),
    get last() {
      return store.last;
    },
    createdAt: new Date(store.createdAt),
    async agedAt() {
      const at = await store.agedAt();
      return at === undefined ? undefined : new Date(at);
    },
  };
}

const told = ({ at, ...event }: LoggedEvent): ServerEvent & { readonly sequence: number } => ({
  ...event,
  at: new Date(at),
});

import { failed, type JsonValue, ok } from '@sublane/basics';
import { prettyXml } from '@sublane/netconf';
import { type Command, Option } from 'commander';
import type { NotificationEvent } from '../../notification-queue.ts';
import type { Filter, NmdaDatastore } from '../../operations.ts';
import { notificationToJson } from '../../schemas/json.ts';
import { type FilterOptions, readFilter } from '../filter.ts';
import type { HeldSession } from '../held-session.ts';
import { type Outcome, rpcFailure, usage } from '../outcome.ts';
import { collect, type Verbs } from '../verbs.ts';
import { positive, positiveNumber } from './read.ts';

interface SubscribeVerb extends FilterOptions {
  readonly stream?: string;
  readonly start?: string;
  readonly stop?: string;
  readonly count?: number;
  readonly datastore?: Extract<NmdaDatastore, string>;
  readonly period?: number;
  readonly json?: boolean;
}

/** subscribe: shows notifications until Ctrl-C. */
export function addSubscribe(program: Command, verbs: Verbs): void {
  program
    .command('subscribe')
    .option('--stream <name>', "which stream; the server's NETCONF unless given")
    .option('--xpath <expression>', 'only events that it selects')
    .option('--ns <prefix=namespace>', 'what a prefix of --xpath stands for', collect)
    .option('--subtree <filter>', 'only events that a filter lets through: a file in XML, - or a path')
    .addOption(
      new Option('--datastore <name>', 'not events, but what this datastore holds (YANG-push, RFC 8641)').choices([
        'running',
        'candidate',
        'startup',
        'intended',
        'operational',
      ]),
    )
    .option('--period <seconds>', 'of --datastore: the whole, each time; without it, every change', positiveNumber)
    .option('--start <time>', 'replay from then on: 2026-05-01T12:00:00Z')
    .option('--stop <time>', 'end then')
    .option('--count <n>', 'end after so many', positive)
    .description('shows notifications as they come (RFC 5277), until Ctrl-C; with --json one object a line')
    .action(
      verbs.session<SubscribeVerb>(async (held, _args, options, signal) => {
        if (options.datastore === undefined && options.period !== undefined) {
          return failed(usage('--period goes with --datastore'));
        }
        if (options.datastore !== undefined && (options.stream !== undefined || options.start !== undefined)) {
          return failed(usage('--datastore goes with neither --stream nor --start: it is told as it is'));
        }
        const filter = await readFilter(held, verbs.surroundings, options, signal);
        if (!filter.ok) return filter;
        // Before the first notification comes: each is shown at once.
        if (options.json) {
          const schemas = await held.schemas(signal);
          if (!schemas.ok) return schemas;
        }
        return follow(held, verbs, { ...options, ...(filter.value && { filter: filter.value }) }, signal);
      }),
    );
}

async function follow(
  held: HeldSession,
  verbs: Verbs,
  options: SubscribeVerb & { readonly filter?: Filter },
  signal: AbortSignal,
): Outcome {
  const { client } = held;
  const { stream, filter, start, stop, count = Number.POSITIVE_INFINITY } = options;
  const enough = Promise.withResolvers<'enough' | 'complete'>();
  let shown = 0;
  const handler = (event: NotificationEvent) => {
    if (shown >= count) return;
    const { content, missed } = event;
    if (missed > 0) verbs.tell(`${missed} notifications came faster than they could be shown`);
    verbs.print(options.json ? JSON.stringify(asJson(held, event)) : `${event.eventTime}\n${prettyXml(content)}`);
    shown++;
    if (shown >= count) enough.resolve('enough');
    if (content.name === 'notificationComplete' || content.name === 'subscription-terminated')
      enough.resolve('complete');
  };
  const asked =
    options.datastore === undefined
      ? await client.subscribe(handler, {
          ...(stream !== undefined && { stream }),
          ...(filter !== undefined && { filter }),
          ...(start !== undefined && { startTime: start }),
          ...(stop !== undefined && { stopTime: stop }),
          signal,
        })
      : await push(client, handler, { ...options, datastore: options.datastore }, signal);
  if (!asked.ok) return signal.aborted ? ok(NOTHING) : failed(rpcFailure(asked.failure));
  const interrupted = new Promise<'interrupted'>((resolve) => {
    signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const end = await Promise.race([enough.promise, interrupted, client.closed]);
  if (typeof end === 'string') return ok(NOTHING);
  return failed(rpcFailure({ kind: 'closed', message: end.message }));
}

/** RFC 8641 §4.4.1; a period is in hundredths of a second. */
function push(
  client: HeldSession['client'],
  handler: (event: NotificationEvent) => void,
  options: SubscribeVerb & { readonly filter?: Filter; readonly datastore: Extract<NmdaDatastore, string> },
  signal: AbortSignal,
) {
  client.listen(handler); // the first may come right behind the reply
  const { datastore, filter, period, stop } = options;
  return client.establishSubscription({
    datastore,
    ...(filter !== undefined && { filter }),
    ...(stop !== undefined && { stopTime: stop }),
    ...(period === undefined ? { onChange: {} } : { periodic: { period: Math.max(1, Math.round(period * 100)) } }),
    signal,
  });
}

/** All was shown under way. */
const NOTHING = { text: '', json: null };

function asJson({ openedSchemas }: HeldSession, { eventTime, xml, content }: NotificationEvent): JsonValue {
  const converted = openedSchemas && notificationToJson(openedSchemas.context, xml);
  // What the schemas do not know is shown as it came.
  return { eventTime, ...(converted?.ok ? JSON.parse(converted.value) : { xml: prettyXml(content) }) };
}

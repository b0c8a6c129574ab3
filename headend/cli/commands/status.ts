import { durationText, ok, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { ask, type Surroundings } from '../command.ts';
import { emptyText, fillText } from '../pool-fill-text.ts';
import { timeText } from '../time-text.ts';

type Status = RpcOutput<'sublane-headend:get-status'>;

/** `headend status`: how the headend is. */
export function addStatusCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('status')
    .description("sessions, leases, pools' fill, requests by outcome, store, version")
    .action(
      ask(surroundings, async (headend) => {
        const status = await headend.call('sublane-headend:get-status', {});
        if (!status.ok) return status;
        return ok({ text: statusText(status.value, surroundings.clock.now()), json: status.value });
      }),
    );
}

/** `connected at noc.example:4334`, `waiting: ECONNREFUSED`. */
function callText({ state, address, reason }: NonNullable<Status['call-home']>[number]): string {
  return `${state}${address === undefined ? '' : ` at ${address}`}${reason === undefined ? '' : `: ${reason}`}`;
}

function statusText(status: Status, now: number): string {
  const { sessions, store } = status;
  const leases = status.leases?.map(({ state, count }) => `${count} ${state}`).join(', ');
  const facts = [
    ['version', status.version],
    ['up', `${durationText((now - Date.parse(status.started)) / 1000)} (since ${timeText(status.started)})`],
    ['listening on', status['listening-on']?.join(', ') ?? ''],
    ...(status['call-home'] ?? []).map((client) => [`calls ${client.name}`, callText(client)]),
    ['sessions', `${sessions?.hosts ?? 0} of hosts, ${sessions?.operators ?? 0} of operators`],
    ['leases', leases || 'none'],
    [
      'store',
      `${store?.backend} ${store?.location}${store?.trouble === undefined ? '' : ` (trouble: ${store.trouble})`}`,
    ],
    ...(status['policy-hook'] ? [['policy server', hookText(status['policy-hook'])]] : []),
  ];
  if (status['accounting-waiting'] !== undefined)
    facts.push(['accounting', `${status['accounting-waiting']} records wait for a server`]);
  if (status['edge-waiting'] !== undefined)
    facts.push(['edges', `${status['edge-waiting']} lanes that ended are not told yet`]);
  const width = Math.max(...facts.map(([name = '']) => name.length));
  const pools = table(
    ['POOL', 'HELD', 'QUARANTINED', 'CAPACITY', 'FILL', 'EMPTY BY'],
    (status.pool ?? []).map((pool) => [
      pool.name,
      Number(pool.held),
      Number(pool.quarantined),
      Number(pool.capacity),
      fillText(pool),
      emptyText(pool),
    ]),
    'no pools',
  );
  const requests = table(
    ['REQUESTS', 'COUNT'],
    (status.requests ?? []).map(({ outcome, count }) => [outcome, Number(count)]),
    'no requests yet',
  );
  const servers = (status['authority-server'] ?? []).map((one) => [
    one.authority,
    one.server,
    one.state,
    Number(one.requests),
    Number(one.timeouts),
    Number(one['rejected-replies']),
  ]);
  const authorities = table(['RADIUS', 'SERVER', 'STATE', 'ASKED', 'SILENT', 'FORGED'], servers, '');
  return [
    ...facts.map(([name = '', value]) => `${name.padEnd(width)}  ${value}`),
    ...(servers.length > 0 ? ['', authorities] : []),
    '',
    pools,
    '',
    requests,
  ].join('\n');
}

/** `answering, asked 40 times: 2 refused, 1 lowered, 0 without an answer`. */
export function hookText(hook: NonNullable<Status['policy-hook']>): string {
  const { state, trouble, asked, refused, lowered, unanswered } = hook;
  if (state === 'unknown') return 'not asked yet';
  const how = trouble === undefined ? state : `${state} (${trouble})`;
  return `${how}, asked ${asked} times: ${refused} refused, ${lowered} lowered, ${unanswered} without an answer`;
}

// A process of its own: subscribers that count what they are told, and read no more of it than that.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { hostKey } from '../programs/index.ts';

export interface Listening {
  readonly port: number;
  readonly subscribers: number;
  /** Of them, how many subscribe and then leave everything unread. */
  readonly frozen: number;
  readonly seconds: number;
}

const MARK = Buffer.from(']]>]]>');
const WARM_UP = 1_000;
const HELLO =
  '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>';
const SUBSCRIBE =
  '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><stream>service</stream></create-subscription></rpc>]]>]]>';

process.on('disconnect', () => process.exit(1));
const [job] = (await once(process, 'message')) as [Listening];
const privateKey = hostKey('listener').private;
let told = 0;

async function subscribe(frozen: boolean): Promise<void> {
  const client = new ssh2.Client();
  client.connect({ host: '127.0.0.1', port: job.port, username: 'listener', privateKey });
  await once(client, 'ready');
  const channel = await new Promise<Duplex>((resolve, reject) => {
    client.subsys('netconf', (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  channel.write(HELLO + SUBSCRIBE);
  let said = '';
  while (!said.includes('<ok/>')) said += String((await once(channel, 'data'))[0]);
  if (frozen) channel.pause();
  else channel.on('data', count());
}

/** Marks in a stream, those on the border of two pieces too. */
function count(): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    const all = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let from = 0;
    for (let at = all.indexOf(MARK); at >= 0; at = all.indexOf(MARK, from)) {
      told++;
      from = at + MARK.length;
    }
    rest = Buffer.from(all.subarray(Math.max(from, all.length - MARK.length + 1)));
  };
}

for (let index = 0; index < job.subscribers; index++) await subscribe(index < job.frozen);
process.send?.('subscribed');
await new Promise((resolve) => setTimeout(resolve, WARM_UP));
const before = told;
const begin = performance.now();
await new Promise((resolve) => setTimeout(resolve, job.seconds * 1000));
process.send?.({ perSecond: ((told - before) / (performance.now() - begin)) * 1000 });
process.exit(0);

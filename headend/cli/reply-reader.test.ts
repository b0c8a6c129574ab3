import { unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, readXml } from '@sublane/netconf';
import { encodeData, encodeReply, type RpcName, type RpcOutput } from '@sublane/yang';
import { expect, it } from 'vitest';
import { ROOT } from '../configuration/headend-data.ts';
import { readData, readReply } from './reply-reader.ts';

const reread = <Name extends RpcName>(name: Name, output: RpcOutput<Name>) =>
  readReply(name, unwrap(readXml(`<rpc-reply>${encodeReply(name, output)}</rpc-reply>`, CLIENT_LIMITS)));

it('reads what the headend writes', () => {
  const session = { 'session-id': 3, user: 'olga & <co>', role: 'operator', transport: 'ssh', started: 'x' } as const;
  const list = { session: [session, { ...session, 'session-id': 4, 'peer-port': 22 }], 'next-cursor': '4' };
  expect(reread('sublane-headend:list-sessions', list)).toEqual(list);
  const fill = { capacity: '18446744073709551615', held: '0', quarantined: '2' };
  const pools = { pool: [{ name: 'p', prefix: ['192.0.2.0/24'], ...fill }] };
  expect(reread('sublane-headend:list-pools', pools)).toEqual(pools);
  const subscriber = { name: 'a', plan: 'g', suspended: false, 'has-password': true, created: 'x' };
  expect(reread('sublane-headend:list-subscribers', { subscriber: [subscriber] })).toEqual({
    subscriber: [subscriber],
  });
  expect(reread('sublane-headend:list-leases', {})).toEqual({});
});

it('reads configuration: a ceiling is a number or a word, a decimal a text', () => {
  const upld = { ceiling: 100 };
  const dnld = { ceiling: 'unlimited' as const };
  const plan = [
    {
      name: 'g',
      class: [{ name: 'c', dscp: 0, priority: 'L' as const, upld, dnld }],
      lease: { 'renew-at': '0.5' },
    },
  ];
  const element = unwrap(readXml(encodeData({ [ROOT]: { plan } }), CLIENT_LIMITS));
  expect(readData(ROOT, element)).toEqual({ plan });
});

it('leaves out what a newer headend says more', () => {
  const reply = unwrap(
    readXml('<rpc-reply><session><user>a</user><mood>good</mood></session></rpc-reply>', CLIENT_LIMITS),
  );
  expect(readReply('sublane-headend:list-sessions', reply)).toEqual({ session: [{ user: 'a' }] });
});

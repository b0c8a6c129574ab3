// An operator's confirmed commit, and rules that an administrator changes meanwhile.
import { ManualClock, milliseconds } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { connect } from '../testing/harness.ts';
import { GUARDED_NS, NACM, nacmLab, nacmServer, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import { nacmParticipant } from './participant.ts';

const RULES = nacmXml(
  ruleList('operators', ['operator'], rule('no-rules', 'deny', { module: 'ietf-netconf-acm' }), rule('all', 'permit')) +
    ruleList('administrators', ['administrator'], rule('all', 'permit')),
);
const edit = (datastore: string, inside: string) =>
  `<edit-config><target><${datastore}/></target><config>${inside}</config></edit-config>`;
const sign = (text: string) => `<vault ${GUARDED_NS}><sign>${text}</sign></vault>`;
const strict = `<nacm ${NACM}><read-default>deny</read-default></nacm>`;

async function atWork() {
  const clock = new ManualClock();
  const options = { candidate: true, participants: [nacmParticipant(nacmLab().context)], clock };
  const { server, datastores } = await nacmServer(RULES, {}, options);
  const operator = await connect(server, 'olga', 'operator');
  const administrator = await connect(server, 'ada', 'administrator');
  const tags = async (who: typeof operator, operation: string) => (await who.errors(operation)).map(({ tag }) => tag);
  return { clock, datastores, operator, administrator, tags };
}

describe('while a confirmed commit waits', () => {
  test('rules are not changed in running: its end would take them back, whoever may write them', async () => {
    const { datastores, operator, administrator, tags } = await atWork();
    expect(await tags(operator, edit('candidate', sign('open')))).toEqual([]);
    expect(await tags(operator, '<commit><confirmed/></commit>')).toEqual([]);
    expect(await tags(administrator, edit('running', strict))).toEqual(['in-use']);
    // Anything else may be edited, and goes with it.
    expect(await tags(administrator, edit('running', sign('closed')))).toEqual([]);
    expect(await tags(operator, '<cancel-commit/>')).toEqual([]);
    expect(datastores.running.read().xml).not.toContain('<sign>');
    expect(await tags(administrator, edit('running', strict))).toEqual([]);
    expect(datastores.running.read().xml).toContain('<read-default>deny</read-default>');
  });

  test('rules that are themselves on trial go when its time is over', async () => {
    const { clock, datastores, administrator, tags } = await atWork();
    expect(await tags(administrator, edit('candidate', strict))).toEqual([]);
    expect(await tags(administrator, '<commit><confirmed/><confirm-timeout>60</confirm-timeout></commit>')).toEqual([]);
    expect(datastores.running.read().xml).toContain('<read-default>deny</read-default>');
    await clock.advance(milliseconds(61_000));
    await datastores.settled();
    expect(datastores.running.read().xml).not.toContain('<read-default>');
  });
});

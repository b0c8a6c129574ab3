import { seconds, unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { secretFiles } from '../aaa/aaa-configuration.ts';
import { radiusGroup } from '../aaa/radius-group.fixture.ts';
import { aaaAdvice } from './aaa-advice.ts';
import { aaaFaults } from './aaa-faults.ts';
import { aaaOf } from './aaa-model.ts';
import { errorPath } from './faults.ts';
import { type AaaData, ROOT } from './headend-data.ts';
import { readConfiguration } from './model.ts';

const server = (name: string, more: object = {}) => ({ name, address: '192.0.2.9', 'secret-file': 'isp', ...more });
const group = (more: object = {}, name = 'isp') => ({ name, server: [server('a')], ...more });
const faults = (aaa: object) => aaaFaults(aaa as AaaData).map(({ path, code }) => `${path} ${code}`);
const advice = (aaa: object) => aaaAdvice(aaaOf(aaa as AaaData)).map(({ message }) => message);

describe('the model of aaa', () => {
  it('of nothing is the embedded authority alone', () => {
    expect(aaaOf(undefined)).toMatchObject({ authority: 'embedded', realms: new Map(), groups: new Map() });
    expect(unwrap(readConfiguration({})).aaa).toEqual(aaaOf(undefined));
  });

  it('has the defaults the schema names', () => {
    const { groups } = aaaOf({ radius: [group({ accounting: {} })] } as AaaData);
    expect(groups.get('isp')).toEqual(radiusGroup('isp', { accounting: { interimInterval: seconds(600) } }));
  });

  it('with TLS has one port for both', () => {
    const tls = { transport: 'tls', server: [{ name: 'a', address: 'aaa.example', 'authentication-port': 4083 }] };
    const [one] = aaaOf({ radius: [group(tls)] } as AaaData).groups.get('isp')!.servers;
    expect(one).toEqual({ name: 'a', host: 'aaa.example', authenticationPort: 4083, accountingPort: 4083 });
  });

  it('reads realms in lower case, mappings by what they grant, and who may ask', () => {
    const aaa = aaaOf({
      authority: 'isp',
      realm: [{ name: 'Example.NET', authority: 'isp' }],
      radius: [
        group({
          mapping: [
            { name: 'gold', attribute: 'Class', pattern: 'g*', plan: 'gold' },
            { name: 'any', attribute: '11', 'value-is': 'plan' },
            { name: 'up', attribute: '26.14122.7', 'value-is': 'upld-ceiling', unit: 'kilobits-per-second' },
          ],
        }),
      ],
      'dynamic-authorization': {
        listen: '::1',
        client: [{ address: '2001:db8::9', 'secret-file': 'coa', authority: 'isp' }],
      },
      edge: [{ name: 'bng', address: 'bng.example', 'secret-file': 'bng' }],
    } as AaaData);
    expect(aaa).toMatchObject({ authority: 'isp', realms: new Map([['example.net', 'isp']]) });
    expect(aaa.groups.get('isp')?.mappings.map(({ grants }) => grants)).toEqual([
      { kind: 'plan', plan: 'gold' },
      { kind: 'plan-named' },
      { kind: 'upld-ceiling', unit: 'kilobits-per-second' },
    ]);
    expect(aaa.dynamicAuthorization).toEqual({
      listen: '::1',
      port: 3799,
      clients: new Map([['2001:db8::9', { secretFile: 'coa', authority: 'isp' }]]),
    });
    expect(aaa.edges.get('bng')).toEqual({
      name: 'bng',
      host: 'bng.example',
      port: 3799,
      secretFile: 'bng',
      messageAuthenticator: 'mandatory',
    });
    expect(secretFiles(aaa).map(({ file, path }) => `${file} ${path}`)).toEqual([
      "isp aaa/radius[name='isp']/server[name='a']/secret-file",
      "coa aaa/dynamic-authorization/client[address='2001:db8::9']/secret-file",
      "bng aaa/edge[name='bng']/secret-file",
    ]);
  });
});

describe('what the schema cannot see', () => {
  const PATH = "aaa/radius[name='isp']";
  it.each([
    ['nothing', { radius: [group()] }, []],
    ['the same place in two groups', { radius: [group(), group({}, 'other')] }, []],
    [
      'a realm twice',
      {
        realm: [
          { name: 'a.net', authority: 'embedded' },
          { name: 'A.Net', authority: 'embedded' },
        ],
      },
      ["aaa/realm[name='A.Net'] aaa-realm-twice"],
    ],
    [
      'UDP without a secret',
      { radius: [group({ server: [{ name: 'a', address: 'h' }] })] },
      [`${PATH}/server[name='a']/secret-file aaa-secret-missing`],
    ],
    ['TLS without one', { radius: [group({ transport: 'tls', server: [{ name: 'a', address: 'h' }] })] }, []],
    [
      'two servers in one place',
      {
        radius: [group({ server: [server('a', { address: 'Aaa.example' }), server('b', { address: 'aaa.example' })] })],
      },
      [`${PATH}/server[name='b']/address aaa-server-twice`],
    ],
    [
      'one port for two things',
      { radius: [group({ server: [server('a', { 'authentication-port': 1813 })] })] },
      [`${PATH}/server[name='a']/accounting-port aaa-port-collision`],
    ],
    [
      'a port for accounting with TLS',
      { radius: [group({ transport: 'tls', server: [server('a', { 'accounting-port': 1813 })] })] },
      [`${PATH}/server[name='a']/accounting-port aaa-port-collision`],
    ],
    ['TLS files with UDP', { radius: [group({ tls: { 'ca-file': 'ca' } })] }, [`${PATH}/tls/ca-file aaa-tls-unused`]],
    [
      'a certificate without a key',
      { radius: [group({ transport: 'tls', tls: { 'certificate-file': 'c' } })] },
      [`${PATH}/tls/certificate-file aaa-tls-half`],
    ],
    [
      'an attribute nobody knows',
      { radius: [group({ mapping: [{ name: 'm', attribute: 'Filter-Ident', plan: 'gold' }] })] },
      [`${PATH}/mapping[name='m']/attribute aaa-attribute-unknown`],
    ],
    [
      'two edges in one place',
      {
        edge: [
          { name: 'a', address: 'e', 'secret-file': 's' },
          { name: 'b', address: 'E', port: 3799, 'secret-file': 's' },
        ],
      },
      ["aaa/edge[name='b']/address aaa-edge-twice"],
    ],
  ])('%s', (_, aaa, expected) => {
    expect(faults(aaa)).toEqual(expected);
    const read = readConfiguration({ [ROOT]: { aaa } as never });
    expect(read.ok).toBe(expected.length === 0);
  });

  it('is told with a path that names the entry', () => {
    const { xpath } = errorPath("aaa/dynamic-authorization/client[address='2001:db8::9']/secret-file");
    expect(xpath).toBe(
      "/slh:headend/slh:aaa/slh:dynamic-authorization/slh:client[slh:address='2001:db8::9']/slh:secret-file",
    );
  });
});

describe('advice', () => {
  const realm = [{ name: 'example.net', authority: 'isp' }];
  it.each([
    ['all is well', { realm, radius: [group()] }, []],
    ['a group that answers for nobody', { radius: [group()] }, ['answers for nobody']],
    ['only other authorities', { authority: 'isp', radius: [group()] }, ['no name is answered for by the embedded']],
    [
      'no way to a plan',
      { realm, radius: [group({ mapping: [{ name: 'm', attribute: 'Class', 'value-is': 'upld-ceiling' }] })] },
      ['maps nothing to a plan'],
    ],
    [
      'the same thing mapped twice',
      {
        realm,
        radius: [
          group({
            mapping: [
              { name: 'a', attribute: 'Filter-Id', 'value-is': 'plan' },
              { name: 'b', attribute: 'filter-id', pattern: 'g*', plan: 'gold' },
            ],
          }),
        ],
      },
      ['mapping b never decides'],
    ],
    [
      'a unit that servers do not use',
      {
        realm,
        radius: [
          group({
            'default-plan': 'gold',
            mapping: [
              {
                name: 'm',
                attribute: 'WISPr-Bandwidth-Max-Up',
                'value-is': 'upld-ceiling',
                unit: 'kilobits-per-second',
              },
            ],
          }),
        ],
      },
      ['a thousand times'],
    ],
    ['nobody who may ask', { 'dynamic-authorization': { listen: '::1' } }, ['no client may ask']],
  ])('%s', (_, aaa, expected) => {
    const given = advice(aaa);
    expect(given).toHaveLength(expected.length);
    for (const [at, words] of expected.entries()) expect(given[at]).toContain(words);
  });
});

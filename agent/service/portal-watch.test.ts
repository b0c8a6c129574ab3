import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, milliseconds } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PortalSign, PortalWatch, portalSigns } from './portal-watch.ts';

const settled = (clock: ManualClock) => clock.advance(milliseconds(0));

describe('the watch', () => {
  function setUp(...signs: PortalSign[]) {
    const clock = new ManualClock();
    const changes: (string | undefined)[] = [];
    const watch: PortalWatch = new PortalWatch({ signs, clock, onChange: () => changes.push(watch.read()) });
    return { clock, watch, changes };
  }

  test('answers at once with what is known, and tells of what is new', async () => {
    let answer: string | undefined = 'a page';
    let asked = 0;
    const { clock, watch, changes } = setUp(
      async () => undefined,
      async () => {
        asked++;
        return answer;
      },
    );
    expect(watch.read()).toBeUndefined();
    await settled(clock);
    expect([watch.read(), changes]).toEqual(['a page', ['a page']]);
    for (let times = 0; times < 5; times++) watch.read();
    await settled(clock);
    expect(asked).toBe(1);

    answer = undefined;
    await clock.advance(milliseconds(30_000));
    expect(watch.read()).toBe('a page');
    await settled(clock);
    expect([watch.read(), changes, asked]).toEqual([undefined, ['a page', undefined], 2]);
  });

  test('asks nothing while nobody wants to know', async () => {
    let asked = 0;
    const { clock } = setUp(async () => {
      asked++;
      return undefined;
    });
    await clock.advance(milliseconds(600_000));
    expect(asked).toBe(0);
  });

  test('a sign that fails or hangs says nothing', async () => {
    const { clock, watch, changes } = setUp(
      async () => {
        throw new Error('no such program');
      },
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      async () => 'a page',
    );
    watch.read();
    await settled(clock);
    expect(changes).toEqual([]);
    await clock.advance(milliseconds(5_000));
    expect(changes).toEqual(['a page']);
  });
});

describe('the signs', () => {
  let root: string;
  let server: Server;
  let answer: { status: number; location?: string };
  let url: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'portal-'));
    server = createServer((_, response) => {
      response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location });
      response.end(answer.status === 204 ? undefined : '<html>Log in</html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/generate_204`;
  });
  afterEach(() => {
    server.close();
    rmSync(root, { recursive: true });
  });

  const found = async (probe?: string) => {
    const signal = new AbortController().signal;
    const answers = await Promise.all(portalSigns(probe, root).map((sign) => sign(signal).catch(() => undefined)));
    return answers.find((one) => one !== undefined);
  };
  const announce = (text: string) => {
    mkdirSync(join(root, 'run/systemd/netif/links'), { recursive: true });
    writeFileSync(join(root, 'run/systemd/netif/links/2'), text);
  };

  test('none', async () => {
    expect(await found()).toBeUndefined();
  });

  describe('the network names whom to ask', () => {
    const asked: unknown[] = [];
    const api =
      (answer: string): typeof fetch =>
      async (input, options) => {
        asked.push([input, options?.redirect]);
        return new Response(answer);
      };
    const says = async (text: string, answer: string) => {
      announce(text);
      asked.length = 0;
      const [sign] = portalSigns(undefined, root, api(answer));
      return sign!(new AbortController().signal).catch(() => 'not understood');
    };
    const API = 'ADMIN_STATE=configured\nCAPTIVE_PORTAL=https://portal.example/api\n';

    test.each([
      [
        'captive, with a page',
        '{"captive":true,"user-portal-url":"https://portal.example/in"}',
        'log in at https://portal.example/in',
      ],
      ['captive', '{"captive":true}', 'the network itself says so (https://portal.example/api)'],
      [
        'a page that a terminal obeys',
        '{"captive":true,"user-portal-url":"https://x/\\u001b[2J"}',
        'log in at https://x/?[2J',
      ],
      ['logged in', '{"captive":false,"user-portal-url":"https://portal.example/in"}', undefined],
      ['something else', '[]', undefined],
      ['nothing', 'null', undefined],
      ['no JSON', '<html>', 'not understood'],
      ['without end', `{"captive":true,"x":"${'y'.repeat(70_000)}"}`, undefined],
    ])('and is answered: %s', async (_, answer, expected) => {
      expect(await says(API, answer)).toBe(expected);
      expect(asked).toEqual([['https://portal.example/api', 'error']]);
    });

    test.each(['urn:ietf:params:capport:unrestricted', 'http://portal.example/api', 'file:///etc/passwd', 'nonsense'])(
      '%s is nobody to ask',
      async (name) => {
        expect(await says(`CAPTIVE_PORTAL=${name}\n`, '{"captive":true}')).toBeUndefined();
        expect(asked).toEqual([]);
      },
    );
  });

  test('a probe that is answered as it should be, otherwise, or not at all', async () => {
    answer = { status: 204 };
    expect(await found(url)).toBeUndefined();
    answer = { status: 302, location: 'http://login.example/' };
    expect(await found(url)).toBe(`${url} was answered with 302, to http://login.example/`);
    answer = { status: 200 };
    expect(await found(url)).toBe(`${url} was answered with 200`);
    server.close();
    server.closeAllConnections();
    expect(await found(url)).toBeUndefined();
  });
});

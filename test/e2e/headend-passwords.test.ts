// Passwords that the provider brought from elsewhere, with the real headend and the password as the real agent sends it.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARGON2_HERE } from '../../headend/aaa/password-hash.ts';
import { addBestEffort } from './best-effort-plan.ts';
import { Host, newKey } from './headend-host.ts';
import { HeadendProgram } from './headend-program.ts';

/** Of "password", from the reference implementation's own tests. */
const ARGON2ID = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
/** Of "pleaseletmein", RFC 7914 §12's second to last vector, as far as 32 bytes of it. */
const SCRYPT = '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI';

describe('a password hash from elsewhere', () => {
  const program = new HeadendProgram();
  let host: Host;

  beforeAll(async () => {
    const made = await program.must('init', '--listen', '127.0.0.1:0');
    const port = await program.serve();
    for (const [name, text] of Object.entries({
      'argon2id.phc': `${ARGON2ID}\n`,
      password: 'password\n',
      please: 'pleaseletmein\n',
      wrong: 'wrong horse\n',
    }))
      writeFileSync(program.file(name), text);
    await addBestEffort(program, 'alice');
    const key = newKey('laptop');
    writeFileSync(program.file('laptop.pub'), key.public);
    await program.must('host', 'enrol', 'laptop', '--subscriber', 'alice', '--key', program.file('laptop.pub'));
    host = await Host.open(port, 'laptop', key, /SHA256:\S{43}/.exec(made)?.[0] ?? '');
  });
  afterAll(() => program.dispose());

  const ask = async (id: number, name: string, file: string) => {
    const wish = { id, direction: 'dnld', bandwidth: 100, priority: 'L' } as const;
    return host.request([wish], await host.password(name, program.file(file)));
  };
  const refusal = async (words: readonly string[], input = '') => {
    const { code, stdout, stderr } = await program.run(['subscriber', ...words], input);
    expect(stdout).toBe('');
    return `${code} ${stderr}`;
  };
  const WRONG = { codes: ['access-denied authentication-failed'] };

  it('opens its subscriber, scrypt or argon2id', async ({ skip }) => {
    await program.must('subscriber', 'add', 'bob', '--plan', 'gold');
    expect((await program.run(['subscriber', 'set', 'bob', '--password-hash', '-'], `${SCRYPT}\n`)).code).toBe(0);
    expect(await program.json('subscriber', 'show', 'bob')).toMatchObject({ 'has-password': true });
    expect(await ask(1, 'bob', 'please')).toMatchObject({ 1: { ipv4: expect.any(String) } });
    expect(await ask(1, 'bob', 'wrong')).toMatchObject(WRONG);
    if (!ARGON2_HERE) return skip('this Node has no argon2');
    await program.must('subscriber', 'add', 'carol', '--plan', 'gold', '--password-hash', program.file('argon2id.phc'));
    expect(await ask(2, 'carol', 'password')).toMatchObject({ 2: { ipv4: expect.any(String) } });
    expect(await ask(2, 'carol', 'please')).toMatchObject(WRONG);
  });

  it('that is none, too costly, too cheap, or unknown here, is refused without repeating it', async () => {
    const salted = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    const set = (hash: string) => refusal(['set', 'alice', '--password-hash', '-'], `${hash}\n`);
    for (const [hash, why] of [
      [`$scrypt$ln=30,r=32,p=16${salted}`, /over 128 MiB/],
      [`$argon2id$v=19$m=99999999,t=9,p=4${salted}`, /over 128 MiB/],
      [`$scrypt$ln=4,r=8,p=1${salted}`, /less than 1 MiB/],
      ['$2b$12$abcdefghijklmnopqrstuv', /neither scrypt nor argon2id/],
      [`$scrypt$ln=14,r=8${salted}`, /not in PHC string format/],
    ] as const) {
      const refused = await set(hash);
      expect(refused).toMatch(/^4 .*\(invalid-value, password-hash-unusable\)/s);
      expect(refused).toMatch(why);
      expect(refused).not.toContain('c29tZXNhbHQ');
    }
    expect(await set('plain text')).toMatch(/^2 .*expected a hash in PHC string format/s);
    expect(await refusal(['set', 'alice', '--password-hash', program.file('nowhere')])).toMatch(/^2 .*cannot read/s);
    expect(await refusal(['set', 'alice', '--password-hash', '-', '--password-stdin'], SCRYPT)).toMatch(
      /^2 .*not both/s,
    );
    expect(await program.json('subscriber', 'show', 'alice')).toMatchObject({ 'has-password': false });
  });

  it('is in no answer, no log line and no entry of the trail', async () => {
    const texts = [
      await program.must('audit', '--json'),
      await program.must('subscriber', 'list', '--json'),
      program.stderr,
    ];
    for (const text of texts) for (const hash of [SCRYPT, ARGON2ID]) expect(text).not.toContain(hash.slice(-43));
  });
});

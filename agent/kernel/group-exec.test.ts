import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('./group-exec.fixture.ts', import.meta.url));
const run = (argv: readonly string[], input = '') =>
  spawnSync(process.execPath, [program, ...argv], { input, encoding: 'utf8' });

test('the exit status is the program’s own', () => {
  expect(run(['sh', '-c', 'exit 7']).status).toBe(7);
  expect(run(['true']).status).toBe(0);
});

test('the three standard streams are its own', () => {
  const { stdout, stderr, status } = run(['sh', '-c', 'cat; echo aside >&2'], 'line\n');
  expect({ stdout, stderr, status }).toEqual({ stdout: 'line\n', stderr: 'aside\n', status: 0 });
});

test('arguments and environment come through as they are', () => {
  const { stdout } = run(['sh', '-c', 'printf "%s|" "$@"; echo $HOME', 'sh', 'a b', '', "it's", 'ä*']);
  expect(stdout).toBe(`a b||it's|ä*|${process.env.HOME}\n`);
});

test('a program that writes into a closed pipe ends by SIGPIPE', () => {
  const script = `"$0" "$@" | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout } = spawnSync('bash', ['-c', script, process.execPath, program, 'yes'], { encoding: 'utf8' });
  expect(stdout).toBe('y\n141\n');
});

test('no signal is ignored or blocked for it', () => {
  const { stdout } = run(['grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status']);
  expect(stdout.replaceAll(/\s/g, '')).toBe('SigBlk:0000000000000000SigIgn:0000000000000000');
});

test('signals reach it: the process is the same', async () => {
  const child = spawn(process.execPath, [
    program,
    'sh',
    '-c',
    'trap "exit 9" TERM; echo $$; while :; do sleep 0.05; done',
  ]);
  const pid = await new Promise<number>((resolve) => child.stdout.once('data', (data) => resolve(Number(data))));
  expect(pid).toBe(child.pid);
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(9);
});

test.each([
  [['no-such-program'], 127, 'no-such-program: command not found'],
  [['/no/such/place'], 127, '/no/such/place: command not found'],
  [['/etc/passwd'], 126, '/etc/passwd: permission denied'],
  [['/etc'], 127, '/etc: command not found'],
])('%j cannot be run', (argv, status, message) => {
  const ended = run(argv);
  expect(ended.status).toBe(status);
  expect(ended.stderr).toBe(`${message}\n`);
});

import { spawnSync } from 'node:child_process';
import { failed, ok, type Result } from '@sublane/basics';

/**
 * The words that run what follows them as this user (a name or a number): with the user's groups and home, and nothing
 * of root's. Failed: no such user.
 */
export function runAs(user: string): Result<readonly string[], string> {
  const { status, stdout } = spawnSync('getent', ['passwd', '--', user], { encoding: 'utf8' });
  const [name, , uid, gid, , home, shell] = stdout?.trimEnd().split(':') ?? [];
  if (status !== 0 || uid === undefined || gid === undefined) return failed(`there is no user ${user}`);
  const variables = [`USER=${name}`, `LOGNAME=${name}`, `HOME=${home}`, `SHELL=${shell}`];
  return ok(['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--', 'env', ...variables]);
}

/** The files by which programs look names up (resolv.conf(5), nsswitch.conf(5)), as a group's applications shall see them. */

/** Where a group may ask nobody: RFC 6666's discard prefix. A resolv.conf without a server means one on this host. */
const NOBODY = '100::';

/**
 * The servers in place of the host's; its `search`, `domain`, `options` and `sortlist` stay. Not `trust-ad`: that a
 * resolver on this host has checked signatures says nothing of another one.
 */
export function resolvConfFor(host: string, servers: readonly string[], group: string): string {
  const kept = host
    .split('\n')
    .filter((line) => /^(search|domain|options|sortlist)\s/.test(line))
    .map((line) => (line.startsWith('options') ? line.replaceAll(/\s+trust-ad(?!\S)/g, '') : line));
  const named = servers.length === 0 ? [NOBODY] : servers;
  return [
    `# DNS of the application group ${group.replaceAll(/\s/g, ' ')}. Seen only by what service-agent exec started.`,
    ...named.map((server) => `nameserver ${server}`),
    ...kept,
    '',
  ].join('\n');
}

/** What reads /etc/hosts, the host's own name or resolv.conf. Anything else has another program ask. */
const OWN = new Set(['files', 'myhostname', 'dns']);
/** Answers names of any kind, and asks the host's DNS servers for it. */
const BY_THE_HOST = new Set(['resolve']);

/** Names of hosts by files and DNS only; all else of nsswitch.conf stays. */
export function nsswitchFor(host: string): string {
  const lines = host.split('\n');
  const at = lines.findIndex((line) => HOSTS.test(line));
  const line = `hosts: ${ownServices(lines[at] ?? '').join(' ')}`;
  return at < 0 ? `${host.trimEnd()}\n${line}\n` : lines.with(at, line).join('\n');
}

/** Services in the hosts line that would have the host's resolver asked, past whatever redirects DNS. */
export function asksTheHost(nsswitch: string): readonly string[] {
  const line = nsswitch.split('\n').find((one) => HOSTS.test(one)) ?? '';
  return wordsOf(line).filter((word) => BY_THE_HOST.has(word));
}

const HOSTS = /^\s*hosts\s*:/;

const wordsOf = (line: string): readonly string[] =>
  line
    .replace(HOSTS, '')
    .replace(/#.*/, '')
    .match(/\[[^\]]*\]|[^\s[\]]+/g) ?? [];

/** What is said in brackets belongs to the service before it, and goes with it. */
function ownServices(line: string): readonly string[] {
  const kept: string[] = [];
  let keep = false;
  for (const word of wordsOf(line)) {
    if (!word.startsWith('[')) keep = OWN.has(word);
    if (keep) kept.push(word);
  }
  if (!kept.includes('files')) kept.unshift('files');
  if (!kept.includes('dns')) kept.push('dns');
  return kept;
}

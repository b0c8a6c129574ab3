import { inServer, inTest, type Obligation } from './obligation.ts';

const MALFORMED_1_0 = inServer('messages', '%s: the end of the session in base:1.0 (Appendix A)');
const APPENDIX_A = inServer('appendix-a', '%s, provoked by: %s');
const HELLO = inServer(
  'establishment',
  'comes first and unasked, ends with ]]>]]>, has a session-id and the capabilities',
);
const BAD_HELLO = inServer('establishment', 'a hello that %s ends the session, unanswered');
const VERSION = inServer('establishment', 'a client of %s: %s');
const CAPABILITIES = inTest(
  'conformance/netconf-obligations',
  'with %s: each comes with those it depends on, and does what it says',
);
const BY_KEY = inServer('ssh/ssh-listener', 'enters by key: the signature is checked before anybody is asked');
const LOCK = inServer('datastores/lock', 'is one session alone (RFC 6241 §7.5)');
const TAKEN_BACK = inServer('datastores/confirmed-commit', 'is taken back when its time is over (RFC 6241 §8.4.1)');
const OTHER_SESSION = inServer(
  'datastores/confirmed-commit',
  'neither confirms nor continues it, and commits nothing meanwhile',
);
const BY_TOKEN = inServer('datastores/confirmed-commit', 'takes back nothing with a token, and any session confirms');
const TOKEN_NAMED = inServer(
  'datastores/confirmed-commit',
  'with a token: who issued it must name it as well, and it is cancelled by its name',
);

/** RFC 6241 §7 to Appendix B: operations, capabilities, errors. */
export const OPERATIONS: readonly Obligation[] = [
  {
    section: '7.2',
    level: 'MUST',
    says: 'the configuration is in a namespace',
    tests: [inServer('appendix-a', '%s, provoked by: %s')],
  },
  {
    section: '7.2',
    level: 'MUST',
    says: 'the configuration follows the constraints of its data model',
    tests: [
      inServer('operations/edit-config', 'refuses %s, and says where'),
      inServer('datastore', 'refuses %s and stays as it was'),
    ],
  },
  {
    section: '7.3',
    level: 'MUST',
    says: 'source and target the same: invalid-value',
    tests: [inServer('operations/copy-config', 'to itself is an invalid-value (§7.3)')],
  },
  { section: '7.5', level: 'MUST', says: 'a lock fails where somebody holds one', tests: [LOCK] },
  {
    section: '7.5',
    level: 'MUST',
    says: 'nobody but its holder changes what is locked',
    tests: [inServer('datastores/lock', 'refuses the changes of others, with in-use')],
  },
  {
    section: '7.5',
    level: 'MUST',
    says: 'changes by SNMP or CLI fail meanwhile',
    why: 'not applicable: there is no SNMP and no CLI; what the program itself commits is its own business',
  },
  { section: '7.5', level: 'MUST NOT', says: 'a lock that another session holds already', tests: [LOCK] },
  {
    section: '7.5',
    level: 'MUST NOT',
    says: 'a lock on a candidate that is modified',
    tests: [inServer('datastores/candidate', 'are not had on a candidate that is modified (§7.5)')],
  },
  {
    section: '7.5',
    level: 'MUST NOT',
    says: 'a lock on running while another’s confirmed commit waits',
    tests: [inServer('datastores/confirmed-commit', 'does not get the lock of running meanwhile (§7.5)')],
  },
  { section: '7.5', level: 'MUST', says: 'lock is answered with <ok> or <rpc-error>', tests: [LOCK] },
  {
    section: '7.6',
    level: 'MUST',
    says: 'unlock is answered with <ok> or <rpc-error>',
    tests: [inServer('datastores/lock', 'is released by none but its holder, and only while it is held (§7.6)')],
  },
  {
    section: '7.9',
    level: 'MUST',
    says: 'kill-session of who has a confirmed commit restores what was',
    tests: [inServer('datastores/confirmed-commit', 'by kill-session too (§7.9)')],
  },
  { section: '8', level: 'MUST', says: 'unknown capabilities of the other are ignored', tests: [VERSION] },
  { section: '8', level: 'MUST NOT', says: 'the shorthand of a capability in the protocol', tests: [HELLO] },
  { section: '8.1', level: 'MUST', says: 'each peer sends a hello with its capabilities', tests: [HELLO] },
  { section: '8.1', level: 'MUST', says: 'at least base:1.1', tests: [HELLO] },
  { section: '8.1', level: 'MUST', says: 'both verify that there is a common version', tests: [VERSION, BAD_HELLO] },
  { section: '8.1', level: 'MUST NOT', says: 'a session without one', tests: [BAD_HELLO] },
  {
    section: '8.1',
    level: 'MUST',
    says: 'the highest version both have',
    tests: [VERSION, inTest('conformance/netconf-client-server', 'everything of a session works')],
  },
  {
    section: '8.1',
    level: 'MUST',
    says: 'the server’s hello has a session-id',
    tests: [HELLO, inServer('establishment', 'gives every session another id')],
  },
  { section: '8.1', level: 'MUST NOT', says: 'the client’s has one', why: 'not applicable: binds the client' },
  { section: '8.1', level: 'MUST', says: 'a server that gets one ends the session', tests: [BAD_HELLO] },
  { section: '8.1', level: 'MUST NOT', says: 'waiting for the other’s hello', tests: [HELLO] },
  {
    section: '8.3.1',
    level: 'MUST',
    says: 'a client takes the candidate for shared',
    why: 'not applicable: binds the client; ours is shared',
  },
  {
    section: '8.3.4.1',
    level: 'MUST',
    says: 'a commit that fails leaves running as it was',
    tests: [inServer('datastores/candidate', 'a participant that refuses leaves running and candidate as they were')],
  },
  {
    section: '8.3.4.1',
    level: 'MUST',
    says: 'one that succeeds makes running what the candidate is',
    tests: [
      inServer(
        'datastores/candidate',
        'is edited without running, by all sessions together, and becomes running as a whole',
      ),
    ],
  },
  {
    section: '8.3.4.1',
    level: 'MUST',
    says: 'a commit fails with in-use while another holds running or candidate',
    tests: [
      inServer(
        'datastores/candidate',
        'of running or candidate by another refuse a commit with in-use (RFC 6241 §8.3.4.1)',
      ),
    ],
  },
  { section: '8.4.1', level: 'MUST', says: 'unconfirmed in time, it is reverted', tests: [TAKEN_BACK] },
  { section: '8.4.1', level: 'MUST', says: 'without persist, the same session confirms', tests: [OTHER_SESSION] },
  { section: '8.4.1', level: 'MUST', says: 'with persist, who confirms names it', tests: [BY_TOKEN, TOKEN_NAMED] },
  {
    section: '8.4.1',
    level: 'MUST',
    says: 'the end of its session restores what was, unless persist was given',
    tests: [inServer('datastores/confirmed-commit', 'takes it back at once'), BY_TOKEN],
  },
  {
    section: '8.4.1',
    level: 'MUST',
    says: 'a reboot restores what was',
    tests: [inServer('datastores/confirmed-commit', 'takes it back, token or not (§8.4.1)')],
  },
  { section: '8.4.1', level: 'SHOULD', says: 'locks are used with it', why: 'not applicable: binds the client' },
  {
    section: '8.4.4.1',
    level: 'MUST',
    says: 'cancel-commit without persist-id comes from the session that issued it',
    tests: [OTHER_SESSION, inServer('datastores/confirmed-commit', 'is cancelled')],
  },
  { section: '8.4.4.1', level: 'MUST', says: 'persist-id equals persist, else invalid-value', tests: [TOKEN_NAMED] },
  {
    section: '8.7.5.1',
    level: 'MUST',
    says: ':startup adds <startup/> to the operations named',
    tests: [CAPABILITIES, inServer('datastores/startup', 'is copied from and to, validated, and not edited')],
  },
  {
    section: '8.8.3',
    level: 'MUST',
    says: ':url says its schemes',
    tests: [inServer('operations/url', 'is announced with its schemes (RFC 6241 §8.8.3)')],
  },
  {
    section: '8.9.1',
    level: 'MUST',
    says: 'an XPath filter gives a node set, else invalid-value',
    tests: [inServer('errors', '%s: refused with type, tag and error-info')],
  },
  {
    section: '8.9.5.1',
    level: 'MUST',
    says: 'an XPath filter has a select attribute',
    tests: [inServer('errors', '%s: refused with type, tag and error-info')],
  },
  {
    section: '8.9.5.1',
    level: 'MUST',
    says: 'and is empty otherwise',
    why: 'not applicable: binds the client; what is in it is not looked at',
  },
  {
    section: '8.9.5.1',
    level: 'MUST',
    says: 'each node of the result is one of the data model, within its ancestors, with what identifies it',
    tests: [inServer('filter/filter', 'an XPath filter (RFC 6241 §8.9) › %s')],
  },
  {
    section: '9',
    level: 'SHOULD',
    says: 'a comprehensive authorisation scheme',
    tests: [inServer('nacm/nacm-laws', 'answers as RFC 8341 §3.4.4 to §3.4.6 do, and explains the same')],
  },
  { section: '9', level: 'MUST', says: 'confidentiality and authentication are supported', tests: [BY_KEY] },
  {
    section: '9',
    level: 'MUST',
    says: 'copy-config and the like change nothing their author may not change',
    tests: [
      inServer('operations/copy-config', 'what its author may not read is left out, and may not be lost by that'),
      inServer('data', 'to change: every node is asked for, one refusal refuses all'),
    ],
  },
  {
    section: '9',
    level: 'MUST NOT',
    says: 'a commit of what another put into the candidate and its author may not',
    tests: [
      inTest(
        'conformance/netconf-obligations',
        'a commit is asked for what it changes in running, and for nothing else (§3.2.8; RFC 6241 §9)',
      ),
    ],
  },
  {
    section: 'Appendix A',
    level: 'MUST',
    says: 'each error-tag has its types, severity and error-info (the section is normative)',
    tests: [APPENDIX_A],
  },
  {
    section: 'Appendix A',
    level: 'SHOULD NOT',
    says: 'partial-operation',
    tests: [inServer('appendix-a', 'none is left out but the obsolete one, which is never sent')],
  },
  {
    section: 'Appendix A',
    level: 'MUST NOT',
    says: 'malformed-message to clients of base:1.0',
    tests: [MALFORMED_1_0],
  },
  {
    section: 'Appendix B',
    level: 'MUST',
    says: 'a message-id has at most 4,095 characters (the schema is normative)',
    tests: [inServer('messages', 'a message-id of 4,096 characters is a bad attribute (Appendix B)')],
  },
];

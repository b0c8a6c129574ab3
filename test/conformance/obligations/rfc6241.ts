import { inNetconf, inServer, inTest, type Standard } from './obligation.ts';

const ATTRIBUTES = inServer('messages', '%s come back unmodified, whatever the answer is');
const MALFORMED = inServer('messages', '%s: malformed-message in base:1.1, and the session goes on');
const MALFORMED_1_0 = inServer('messages', '%s: the end of the session in base:1.0 (Appendix A)');
const IN_ORDER = inServer('session-fuzz', 'every request is answered once, in order, however it is cut');
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
const HIDDEN = inTest(
  'conformance/netconf-obligations',
  'an error holds nothing of what its reader may not read (§3.2.5, §3.4.3; RFC 6241 §4.3)',
);
const BY_KEY = inServer('ssh/ssh-listener', 'enters by key: the signature is checked before anybody is asked');
const NOT_IN = inServer('ssh/ssh-listener', 'does not enter with %s');
const LOCK = inServer('datastores/lock', 'is one session alone (RFC 6241 §7.5)');
const LOCK_GOES = inServer('datastores/lock', 'goes with its session: %s');
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

export const RFC_6241: Standard = {
  name: 'RFC 6241',
  title: 'Network Configuration Protocol (NETCONF)',
  obligations: [
    {
      section: '1.2',
      level: 'MUST',
      says: 'a device supports at least one session',
      tests: [inServer('server', 'begins with a hello that says what is here')],
    },
    {
      section: '1.2',
      level: 'SHOULD',
      says: 'and several',
      tests: [inServer('limits', 'on sessions, of all and of one user')],
    },
    { section: '1.3', level: 'MUST', says: 'with a capability, those it depends on', tests: [CAPABILITIES] },
    { section: '1.3', level: 'MUST', says: 'a capability URI tells the naming authority', tests: [HELLO] },
    {
      section: '2',
      level: 'MUST',
      says: 'the transport indicates the session type, client or server',
      why: 'not applicable: whoever hands a stream to `accept` is the server; with Call Home too (RFC 8071 §1.3)',
    },
    {
      section: '2.1',
      level: 'MUST',
      says: 'reliable, sequenced delivery',
      why: 'not applicable: the transport’s: TCP, a Unix stream socket, or the stream that `accept` is given',
    },
    {
      section: '2.1',
      level: 'MUST',
      says: 'what a connection took is released when it closes',
      tests: [LOCK_GOES, inServer('session-fuzz', 'sessions that are over are not held')],
    },
    {
      section: '2.2',
      level: 'MUST',
      says: 'authentication, integrity, confidentiality, replay protection',
      tests: [BY_KEY, inServer('ssh/session-keys', '%s with %s')],
    },
    { section: '2.2', level: 'MUST', says: 'connections are authenticated', tests: [BY_KEY, NOT_IN] },
    {
      section: '2.2',
      level: 'MUST',
      says: 'authentication gives an identity whose permissions the server knows',
      tests: [BY_KEY, inServer('ssh/ssh-listener', 'does not enter where the decision fails')],
    },
    {
      section: '2.2',
      level: 'MUST',
      says: 'the transport gives a user name',
      tests: [BY_KEY, inServer('establishment', 'a user named %j gets no session (RFC 6242 §3)')],
    },
    {
      section: '2.2',
      level: 'MUST',
      says: 'permissions are enforced for the whole session',
      tests: [
        inTest('conformance/netconf-obligations', 'every operation is asked for by itself, in each session (§3.4.4)'),
        inServer('data', 'to change: every node is asked for, one refusal refuses all'),
      ],
    },
    {
      section: '2.3',
      level: 'MUST',
      says: 'SSH (RFC 6242) is supported',
      tests: [
        inServer('ssh/ssh-listener', 'offers the subsystem netconf and nothing else'),
        inServer('with-client', "an operator's day"),
      ],
    },
    {
      section: '3',
      level: 'MUST',
      says: 'messages are well-formed XML in UTF-8',
      tests: [
        IN_ORDER,
        inServer(
          'session-fuzz',
          'garbage ends its own session or is refused; nobody else notices, nothing is left behind',
        ),
      ],
    },
    { section: '3', level: 'SHOULD', says: 'what is not is answered with malformed-message', tests: [MALFORMED] },
    {
      section: '3',
      level: 'MUST',
      says: 'a session that cannot be answered ends',
      tests: [
        MALFORMED_1_0,
        inServer('limits', 'on replies not taken: no more is done for that peer, and others go on'),
      ],
    },
    { section: '3.1', level: 'MUST', says: 'capability names are URIs', tests: [HELLO] },
    {
      section: '3.2',
      level: 'MUST NOT',
      says: 'document type declarations',
      tests: [MALFORMED, inNetconf('xml', '%j is malformed')],
    },
    {
      section: '4.1',
      level: 'MUST',
      says: 'message-id normalised by who wants it back unmodified',
      why: 'not applicable: binds the client; what it sends comes back as XML reads it',
    },
    {
      section: '4.1',
      level: 'MUST',
      says: 'further attributes come back unmodified, xmlns too',
      tests: [ATTRIBUTES, inServer('messages', 'message-id: %s')],
    },
    { section: '4.2', level: 'MUST', says: 'the same of <rpc-reply>', tests: [ATTRIBUTES] },
    { section: '4.3', level: 'MUST', says: 'an <rpc-error> if any error occurs', tests: [APPENDIX_A] },
    { section: '4.3', level: 'MUST NOT', says: 'error information the client may not have', tests: [HIDDEN] },
    {
      section: '4.3',
      level: 'MUST',
      says: 'the error-app-tag of the data model before that of the implementation',
      tests: [
        inServer('errors', 'a must says its own sentence, tag and place'),
        inServer('appendix-a', 'error-app-tag, error-path and error-info of the data model are in one error (§4.3)'),
      ],
    },
    {
      section: '4.3',
      level: 'SHOULD',
      says: 'error-message has xml:lang',
      tests: [APPENDIX_A, inServer('appendix-a', 'finds %s')],
    },
    {
      section: '4.5',
      level: 'MUST',
      says: 'requests of a session are processed serially',
      tests: [inServer('server', 'answers pipelined requests in order, one after another')],
    },
    { section: '4.5', level: 'MUST', says: 'answers in the order of requests', tests: [IN_ORDER] },
    {
      section: '6.2.1',
      level: 'MUST',
      says: 'an element in the filter, if any is to be in the output',
      tests: [inServer('subtree-filter', '§6.4.2 an empty filter selects nothing')],
    },
    {
      section: '6.2.1',
      level: 'MUST',
      says: 'a filter node of no namespace means all the server has',
      tests: [inServer('subtree-filter', 'none means any; the prefix does not matter')],
    },
    {
      section: '6.2.2',
      level: 'MUST',
      says: 'what is selected matches every attribute of the node',
      tests: [inServer('subtree-filter', '§6.4.8 elements with attribute naming')],
    },
    {
      section: '6.2.5',
      level: 'MUST NOT',
      says: 'nested elements in a content match node',
      why: 'not applicable: binds the client; a node with elements is a containment node (§6.2.3)',
    },
    {
      section: '6.2.5',
      level: 'MUST',
      says: 'a content match node has text; an empty one is a selection node',
      tests: [inServer('subtree-filter', '§6.4.4 all name elements within the users subtree')],
    },
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
  ],
};

import { inNetconf, inServer, inTest, type Standard } from './obligation.ts';

const FRAMING = inServer('establishment', '%s: the session ends, and nothing of it is carried out');

export const RFC_6242: Standard = {
  name: 'RFC 6242',
  title: 'Using the NETCONF Protocol over Secure Shell (SSH)',
  obligations: [
    {
      section: '3',
      level: 'MUST',
      says: 'a user name that XML cannot hold: the session is dropped',
      tests: [inServer('establishment', 'a user named %j gets no session (RFC 6242 §3)')],
    },
    {
      section: '3',
      level: 'MUST',
      says: 'by default the subsystem is on port 830 only',
      tests: [inTest('conformance/netconf-obligations', 'SSH is on port 830 unless another is given (RFC 6242 §3)')],
    },
    {
      section: '3',
      level: 'SHOULD',
      says: 'other ports can be configured',
      tests: [inServer('ssh/ssh-listener', 'says that its port is taken')],
    },
    {
      section: '4.1',
      level: 'MUST',
      says: 'the hello is followed by ]]>]]>',
      tests: [
        inServer('establishment', 'comes first and unasked, ends with ]]>]]>, has a session-id and the capabilities'),
      ],
      differs: 'a chunked hello of a client is read all the same: some clients send one, and it cannot be mistaken',
    },
    {
      section: '4.2',
      level: 'MUST',
      says: 'wrong chunks end the session',
      tests: [FRAMING, inNetconf('framing', 'chunked framing refuses %j')],
    },
    {
      section: '4.2',
      level: 'MUST',
      says: 'no buffer overrun',
      tests: [
        inNetconf('framing', 'a message of the limit passes; one byte more is too big, wherever it is cut'),
        inNetconf('framing', 'any split of any bytes gives the same, and nothing throws'),
      ],
    },
    {
      section: '4.3',
      level: 'MUST',
      says: 'in base:1.0 every message is followed by ]]>]]>',
      tests: [
        inServer('establishment', 'every message of base:1.0 ends with ]]>]]>, and what is inside never does'),
        inServer('server', 'answers in the old framing where the peer knows no other'),
      ],
    },
    {
      section: '5',
      level: 'SHALL',
      says: 'close-session is answered, and the channel closed',
      tests: [
        inServer('server', 'ends by close-session, after the replies'),
        inServer('ssh/ssh-listener', 'is closed when its last session is over, though the peer keeps it'),
      ],
    },
    {
      section: '5',
      level: 'MUST NOT',
      says: 'what comes after close-session is processed',
      tests: [inServer('establishment', 'what comes behind close-session is not processed (RFC 6242 §5)')],
    },
    {
      section: '6',
      level: 'MUST',
      says: 'the client verifies the server’s identity',
      why: 'not applicable: binds the client; netconf-client does (`hostKey`)',
    },
    {
      section: '6',
      level: 'MUST',
      says: 'the server verifies the client’s identity before any data',
      tests: [
        inServer('ssh/ssh-listener', 'enters by key: the signature is checked before anybody is asked'),
        inServer('ssh/ssh-listener', 'does not enter with %s'),
      ],
    },
  ],
};

import type { Standard } from './obligation.ts';
import { MESSAGES } from './rfc6241-messages.ts';
import { OPERATIONS } from './rfc6241-operations.ts';

export const RFC_6241: Standard = {
  name: 'RFC 6241',
  title: 'Network Configuration Protocol (NETCONF)',
  obligations: [...MESSAGES, ...OPERATIONS],
};

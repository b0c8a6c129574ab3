// Generated from yang/modules by "npm run generate"; not to be edited.
import type { SpServiceMessage } from './ietf-portal-backend-message.ts';

export type RequestedGroup = {
  /** The group. 1..65535. */
  readonly id: number;
  /** The direction that this entry is about. */
  readonly direction: 'upld' | 'dnld';
  /** The rate wanted in this direction. At least 1; kbit/s. */
  readonly bandwidth: number;
  /** The precedence wanted in this direction. */
  readonly priority: 'H' | 'M' | 'L';
  /**
   * The name of a security profile of the headend. Given in one direction it holds for both. Two different names for
   * one group are refused, by the headend's code and not by a 'must': comparing the entries of a list is quadratic.
   *
   * 1..64 characters.
   */
  readonly security?: string;
  /**
   * The applications of the group, by the labels that the subscriber gave them. Given in one direction they hold for
   * both; two different lists for one group are refused.
   *
   * 1..255 characters.
   */
  readonly 'application-list'?: readonly string[];
};

/**
 * Input of subscriber-service-message.
 *
 * Asks for, or changes, the service of the groups it names.
 *
 * There is no output statement here: an empty one is not valid YANG (RFC 7950, section 14), and
 * ietf-portal-backend-message augments the implicit one with the answer.
 */
export type SubscriberServiceMessageInput = {
  /**
   * The host that asks. It must be the host whose session this is; otherwise the request is refused with access-denied.
   *
   * 1..64 characters.
   */
  readonly 'host-id': string;
  /**
   * The subscriber in whose name the host asks. Absent: the subscriber the host is enrolled for.
   *
   * 1..253 characters.
   */
  readonly 'user-name'?: string;
  /** The subscriber's password. It is never logged, stored or sent back. 1..4096 characters. */
  readonly 'user-password'?: string;
  /**
   * Where the host believes it is: the name of one of the headend's locations, or 'auto'. A hint: the address the
   * session comes from decides, a difference is audited.
   *
   * 1..64 characters.
   */
  readonly location: string;
  /** What is wanted, for each group in each direction. A group with no entry in a direction asks for nothing there. */
  readonly 'application-group': readonly RequestedGroup[];
  /**
   * The host's key for WireGuard tunnels. Absent: the host has none, and where only such a tunnel would do the group is
   * refused with missing-element. A key that another host uses is refused with in-use.
   */
  readonly 'sublane-service:wireguard-public-key'?: string;
  /**
   * The addresses that the host's interfaces have now, without link-local ones and those of its lanes; if there are
   * more than fit, those of its uplink. Where the address that the session comes from is none of them, there is a NAT
   * between, which nothing but a WireGuard tunnel passes: no other lane is granted. Absent: the host does not say, and
   * no NAT is assumed.
   */
  readonly 'sublane-service:host-address'?: readonly string[];
};

/** Output of subscriber-service-message. */
export type SubscriberServiceMessageOutput = {
  /** What the host gets: the groups that the request named. */
  readonly 'ietf-portal-backend-message:sp-service-message': SpServiceMessage;
};

/** Something in the kernel has changed. */
export interface KernelEvent {
  /** `anything`: events were lost, all may have changed. */
  readonly subject: 'link' | 'address' | 'route' | 'rule' | 'tc' | 'nft' | 'anything';
  readonly link?: string;
  /** It carries our marks. Else it may concern us by what it is: the uplink, a default route, a root qdisc. */
  readonly own: boolean;
}

export interface Watch {
  close(): void;
}

/** What a peer may send. Whatever goes over one of these is refused with the limit's name. */
export interface XmlLimits {
  /** Elements inside one another. */
  readonly depth: number;
  /** Elements of one document. */
  readonly elements: number;
  /** Attributes of one element, namespace declarations among them. */
  readonly attributes: number;
}

export interface MessageLimits extends XmlLimits {
  /** Bytes of one message, framing not counted. */
  readonly message: number;
  /** Bytes of the hello. */
  readonly hello: number;
  /** Capabilities in the hello; each has at most 2,048 characters. */
  readonly capabilities: number;
}

/** For what clients send to a server. */
export const SERVER_LIMITS: MessageLimits = {
  message: 16 << 20,
  hello: 64 << 10,
  capabilities: 512,
  depth: 128,
  elements: 500_000,
  attributes: 64,
};

/** For what a server sends to its clients: some devices announce thousands of modules and answer with megabytes. */
export const CLIENT_LIMITS: MessageLimits = {
  message: 64 << 20,
  hello: 4 << 20,
  capabilities: 16_384,
  depth: 256,
  elements: 2_000_000,
  attributes: 64,
};

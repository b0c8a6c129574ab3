/** RFC 8639. */
export const SUBSCRIBED_MODULE = 'ietf-subscribed-notifications';
export const SUBSCRIBED_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications';
/** RFC 8641. */
export const PUSH_MODULE = 'ietf-yang-push';
export const PUSH_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';
/** RFC 8342. */
export const DATASTORES_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-datastores';

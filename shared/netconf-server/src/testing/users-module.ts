/** The module behind the examples of RFC 6241 §6.4. */
export const USERS_MODULE = `
module users {
  yang-version 1.1;
  namespace "http://example.com/schema/1.2/config";
  prefix users;
  revision 2026-11-20;

  container top {
    container users {
      list user {
        key name;
        leaf name { type string; }
        leaf type { type string; }
        leaf full-name { type string; }
        container company-info { leaf dept { type uint8; } leaf id { type uint8; } }
      }
    }
    container interfaces {
      list interface { key ifName; leaf ifName { type string; } leaf ifInOctets { type uint32; } }
    }
  }
}
`;

export const USERS_NAMESPACE = 'http://example.com/schema/1.2/config';

const user = (name: string, type: string, fullName: string, dept: number, id: number) =>
  `<user><name>${name}</name><type>${type}</type><full-name>${fullName}</full-name>` +
  `<company-info><dept>${dept}</dept><id>${id}</id></company-info></user>`;

export const FRED = user('fred', 'admin', 'Fred Flintstone', 2, 2);
export const BARNEY = user('barney', 'admin', 'Barney Rubble', 2, 3);
export const ROOT = user('root', 'superuser', 'Charlie Root', 1, 1);

/** The data that RFC 6241 §6.4 filters. */
export const USERS_DATA = `<top xmlns="${USERS_NAMESPACE}"><users>${ROOT}${FRED}${BARNEY}</users></top>`;

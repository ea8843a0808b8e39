import { encodeBase64 } from './base64.ts';

/** Encodes the global id of an object: base64 of `TypeName:id`. Clients treat it as opaque. */
export function encodeGlobalId(typename: string, id: string | number | bigint): string {
  return encodeBase64(`${typename}:${id}`, 'base64');
}

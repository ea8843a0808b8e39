import { createHash } from 'node:crypto';

/** The stored form of a refresh token: its SHA-256, in hex. The token itself holds a random id, so no salt is needed. */
export function hashRefreshToken(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('hex');
}

import { createHash } from 'node:crypto';

/** What is stored of a refresh token: its SHA-256, in hex. The token itself holds a random id, so no salt is needed. */
export function hashRefreshToken(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('hex');
}

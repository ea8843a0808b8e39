/** The length of the shortest `SECRET_KEY`: as many bytes as the hash of HS256 has. */
export const secretKeyLength = 32;

/** Keys printed in documentation are known to everybody. */
const publishedSecrets = [
  'your-secret-key-change-in-production-min-32-chars',
  'change-this-to-a-random-secret-key-min-32-chars',
];

/** The fault of a key for which {@link isPublished} is true, in production. */
export const publishedSecretError =
  'is an example from the documentation: use random characters, e.g. from `openssl rand -base64 48`';

/** Returns whether a key is printed in documentation. */
export function isPublished(secret: string): boolean {
  return publishedSecrets.includes(secret);
}

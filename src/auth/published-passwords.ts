/** The password of the sample data and the demo tenants, which the documentation publishes. */
export const samplePassword = 'Password123!';

const publishedPasswords = new Set([samplePassword, 'SecurePassword123!']);

/** Returns whether a password is published: good for trying things out, but not for any real person's account. */
export function isPublishedPassword(password: string): boolean {
  return publishedPasswords.has(password.normalize('NFC'));
}

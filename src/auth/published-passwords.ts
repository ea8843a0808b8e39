/** The password of sample data and of the demo tenants, which the documentation tells everybody. */
export const samplePassword = 'Password123!';

const publishedPasswords = new Set([samplePassword, 'SecurePassword123!']);

/** Whether everybody can know the password: it is for trying things out, and for no account of real people. */
export function isPublishedPassword(password: string): boolean {
  return publishedPasswords.has(password.normalize('NFC'));
}

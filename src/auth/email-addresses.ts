import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';
import { textSchema } from '../db/text.ts';
import { lowerLine, usualWidth } from '../db/text-forms.ts';

/** RFC 5321: 256 octets including the angle brackets, with at most 64 before the `@`. */
const maximumLength = 254;
const maximumLocalLength = 64;

/** An atom of RFC 5322, extended to non-ASCII characters as in RFC 6531, as far as they are visible or joiners. */
const atom = "(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\p{ASCII}\\p{C}\\p{Z}]|\\p{Join_Control})+";

/** The local part of an address. Quoted ones exist only on paper. */
const localPart = new RegExp(`^(?!\\p{M})${atom}(?:\\.${atom})*$`, 'u');

/** A domain before UTS 46 processing: only characters that a URL parser takes for part of the host. */
const domainText = /^[\p{L}\p{M}\p{N}.\u3002\p{Join_Control}-]+$/u;

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const asciiDomain = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})$`);

/** The forms in which an address may be stored: earlier versions kept a domain in ASCII when it was given so. */
export function storedForms(email: string): string[] {
  const at = email.lastIndexOf('@') + 1;
  return [...new Set([email, `${email.slice(0, at)}${domainToASCII(email.slice(at))}`])];
}

/**
 * An email address, normalized to the form in which it is stored: lower case, usual width, and the domain in Unicode
 * (UTS 46), so that `회사.한국` and `xn--vf4b131b.xn--3e0b707e` are the same.
 */
export const emailSchema = textSchema(maximumLength).transform((text, issues) => {
  const [, local = '', domain = ''] = /^(.*)@([^@]*)$/u.exec(usualWidth(text)) ?? [];
  const mailbox = lowerLine(local);
  const ascii = domainText.test(domain) ? domainToASCII(domain) : '';
  if (!localPart.test(mailbox) || !asciiDomain.test(ascii)) {
    issues.addIssue('field.email');
    return z.NEVER;
  }
  // Counted as mail servers do: in octets, with the domain in ASCII.
  const localLength = Buffer.byteLength(mailbox);
  if (localLength > maximumLocalLength || localLength + 1 + ascii.length > maximumLength) {
    issues.addIssue('field.emailTooLong');
    return z.NEVER;
  }
  return `${mailbox}@${domainToUnicode(ascii)}`;
});

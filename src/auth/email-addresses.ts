import { domainToASCII, domainToUnicode } from 'node:url';
import { z } from 'zod';
import { textSchema } from '../db/text.ts';
import { lowerLine, usualWidth } from '../db/text-forms.ts';

/** RFC 5321: 256 octets between angle brackets, 64 of them before the `@`. */
const maximumLength = 254;
const maximumLocalLength = 64;

/** RFC 5322's, and beyond ASCII what RFC 6531 adds, as far as it can be seen. */
const atom = "(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\p{ASCII}\\p{C}\\p{Z}]|\\p{Join_Control})+";

/** What stands before the `@`. Quoted ones exist on paper only. */
const localPart = new RegExp(`^(?!\\p{M})${atom}(?:\\.${atom})*$`, 'u');

/** What a domain may be made of before UTS 46 looks at it: nothing that a URL's host would take for something else. */
const domainText = /^[\p{L}\p{M}\p{N}.\u3002\p{Join_Control}-]+$/u;

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const asciiDomain = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)+(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63})$`);

/**
 * An email address in the one form in which it is kept: in lower case and usual width, its domain as people write it
 * (UTS 46), so that `회사.한국` and `xn--vf4b131b.xn--3e0b707e` are one.
 */
export const emailSchema = textSchema(maximumLength).transform((text, issues) => {
  const [, local = '', domain = ''] = /^(.*)@([^@]*)$/u.exec(usualWidth(text)) ?? [];
  const mailbox = lowerLine(local);
  const ascii = domainText.test(domain) ? domainToASCII(domain) : '';
  if (!localPart.test(mailbox) || !asciiDomain.test(ascii)) {
    issues.addIssue('field.email');
    return z.NEVER;
  }
  // As mail servers count: octets, with the domain in ASCII.
  const localLength = Buffer.byteLength(mailbox);
  if (localLength > maximumLocalLength || localLength + 1 + ascii.length > maximumLength) {
    issues.addIssue('field.emailTooLong');
    return z.NEVER;
  }
  return `${mailbox}@${domainToUnicode(ascii)}`;
});

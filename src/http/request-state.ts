import type { OriginMatcher } from '../config/allowed-origins.ts';
import { plainLine } from '../db/text-forms.ts';
import type { Language } from '../errors/index.ts';
import type { RequestFacts } from '../graphql/context.ts';
import type { Logger } from '../logging/logger.ts';
import { createDeviceCookies, type RequestDeviceCookies } from './device-cookies.ts';
import type { HeaderReader } from './header-reader.ts';
import { preferredLanguage } from './language.ts';
import { createRefreshCookies, type RequestRefreshCookies } from './refresh-cookies.ts';

/** Facts about a request that come from its connection. */
export type ConnectionFacts = Pick<RequestFacts, 'requestId' | 'logger' | 'address'>;

/**
 * The state of one request to `/graphql`. It is read from the headers on demand, because most requests need little of
 * it.
 */
export class RequestState implements RequestFacts {
  readonly requestId: string;
  readonly logger: Logger;
  readonly address: string | null;
  /** The `Authorization` header, or null. */
  readonly authorization: string | null;
  readonly language: Language;
  readonly #headers: HeaderReader;
  readonly #isAllowedOrigin: OriginMatcher;
  #refreshCookies: RequestRefreshCookies | null = null;
  #deviceCookies: RequestDeviceCookies | null = null;

  constructor(headers: HeaderReader, facts: ConnectionFacts, isAllowedOrigin: OriginMatcher) {
    this.requestId = facts.requestId;
    this.logger = facts.logger;
    this.address = facts.address;
    this.authorization = headers.get('authorization');
    this.language = preferredLanguage(headers);
    this.#headers = headers;
    this.#isAllowedOrigin = isAllowedOrigin;
  }

  /**
   * The client's user agent, without characters that don't belong in a line of text: it is stored and shown with its
   * sessions.
   */
  get userAgent(): string | null {
    const sent = this.#headers.get('user-agent') ?? '';
    const name = plainLine(sent.slice(0, 256).replace(/\p{C}/gu, ''));
    return name === '' ? null : name;
  }

  get refreshCookies(): RequestRefreshCookies {
    this.#refreshCookies ??= createRefreshCookies(this.#headers, this.#isAllowedOrigin);
    return this.#refreshCookies;
  }

  get deviceCookies(): RequestDeviceCookies {
    this.#deviceCookies ??= createDeviceCookies(this.#headers);
    return this.#deviceCookies;
  }

  /** The `Set-Cookie` headers of the answer. */
  setCookies(): readonly string[] {
    return [...(this.#refreshCookies?.setCookies() ?? []), ...(this.#deviceCookies?.setCookies() ?? [])];
  }
}

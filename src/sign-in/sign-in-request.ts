import type { DeviceCookies } from '../auth/devices/device-cookies.ts';
import type { RefreshCookies } from '../auth/sessions/refresh-cookies.ts';
import type { SessionOrigin } from '../auth/sessions/sessions.ts';
import type { ClaimedSession } from '../auth/token-claims.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Logger } from '../logging/logger.ts';
import type { SessionSettings } from './session-settings.ts';

/** A request that signs in, refreshes or signs out. GraphQL's context is one; nothing here knows of GraphQL. */
export interface SignInRequest {
  readonly requestId: string;
  readonly logger: Logger;
  readonly sessions: SessionSettings;
  readonly origin: SessionOrigin;
  readonly refreshCookies: RefreshCookies;
  readonly deviceCookies: DeviceCookies;
  /** The session that the access token, even if expired, claims to belong to: for refusing, never for letting in. */
  readonly claimedSession: ClaimedSession | null;
  readonly isSignedIn: boolean;
  /** @throws the reason when nobody is signed in. */
  readonly viewer: Viewer;
}

import type { Language } from '../../errors/index.ts';

const english = {
  name: 'CXG GraphQL API',
  noScript: 'This page needs JavaScript.',
  tenant: 'Tenant',
  tenantHint: 'Leave empty for platform managers',
  username: 'Username',
  password: 'Password',
  newPassword: 'New password',
  signIn: 'Sign in',
  signOut: 'Sign out',
  examples: 'Examples',
  examplesHint: 'Reopen the examples that you closed or changed',
  checkingSession: 'Checking your session…',
  manager: 'Platform manager',
  sessionEnded: 'This session has ended. Sign in again.',
  mustChangePassword: 'This password can be used only once. Choose a new one.',
  unreachable: 'The server can’t be reached. Try again later.',
  unreadable: 'The server sent an unexpected answer. Try again later.',
} as const;

/** The page's texts besides GraphiQL's own. */
export type PageTexts = Readonly<Record<keyof typeof english, string>>;

const korean: PageTexts = {
  name: 'CXG GraphQL API',
  noScript: '이 페이지를 사용하려면 JavaScript가 필요합니다.',
  tenant: '회사 코드',
  tenantHint: '플랫폼 관리자는 비워 두세요',
  username: '아이디',
  password: '비밀번호',
  newPassword: '새 비밀번호',
  signIn: '로그인',
  signOut: '로그아웃',
  examples: '예제',
  examplesHint: '닫았거나 수정한 예제를 다시 엽니다',
  checkingSession: '로그인 상태를 확인하고 있습니다…',
  manager: '플랫폼 관리자',
  sessionEnded: '로그아웃되었습니다. 다시 로그인해 주세요.',
  mustChangePassword: '한 번만 쓸 수 있는 비밀번호입니다. 새 비밀번호를 정해 주세요.',
  unreachable: '서버에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요.',
  unreadable: '서버의 응답을 읽을 수 없습니다. 잠시 후 다시 시도해 주세요.',
};

/** The texts of the page in every language. */
export const pageTexts: Readonly<Record<Language, PageTexts>> = { en: english, ko: korean };

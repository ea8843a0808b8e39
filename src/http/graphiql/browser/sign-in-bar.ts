import { element } from './elements.ts';
import type { PageData } from './page-data.ts';
import type { Identity, PageSession, SessionState } from './session.ts';

/** The bar above GraphiQL. It shows who is signed in, or the sign-in form. */
export interface SignInBar {
  show(state: SessionState): void;
  /** Attaches the form's and the button's handlers. */
  connect(session: PageSession): void;
}

/** Returns the page's bar. */
export function createSignInBar(texts: PageData['texts']): SignInBar {
  const problem = element('problem', HTMLParagraphElement);
  const identity = element('identity', HTMLParagraphElement);
  const form = element('sign-in', HTMLFormElement);
  const change = element('change', HTMLSpanElement);
  const signOut = element('sign-out', HTMLButtonElement);
  const tenantKey = element('tenantKey', HTMLInputElement);
  const username = element('username', HTMLInputElement);
  const password = element('password', HTMLInputElement);
  const newPassword = element('newPassword', HTMLInputElement);

  function askForNewPassword(asked: boolean): void {
    change.hidden = !asked;
    newPassword.required = asked;
    if (!asked) newPassword.value = '';
  }

  function forgetPasswords(): void {
    password.value = '';
    askForNewPassword(false);
  }

  async function submit(session: PageSession): Promise<void> {
    const outcome = await session.signIn({
      tenantKey: tenantKey.value.trim() || null,
      username: username.value,
      password: password.value,
      newPassword: newPassword.value || null,
    });
    if (outcome === 'signedIn') forgetPasswords();
    if (outcome === 'mustChangePassword') {
      problem.textContent = texts.mustChangePassword;
      askForNewPassword(true);
      newPassword.focus();
    }
  }

  /** One at a time, so that a double click doesn't send the password twice. */
  async function whileDisabled(work: () => Promise<void>): Promise<void> {
    const buttons = [...form.querySelectorAll('button'), signOut];
    for (const button of buttons) button.disabled = true;
    try {
      await work();
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  return {
    show(state) {
      problem.textContent = state.problem;
      const signedIn = state.status === 'signedIn';
      form.hidden = signedIn || (state.status === 'unknown' && state.problem === '');
      signOut.hidden = !signedIn;
      identity.textContent =
        form.hidden && !signedIn ? texts.checkingSession : describe(state.identity, texts);
    },
    connect(session) {
      tenantKey.value = session.tenantKey ?? '';
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        void whileDisabled(() => submit(session));
      });
      signOut.addEventListener('click', () => void whileDisabled(() => session.signOut()));
    },
  };
}

function describe(identity: Identity | null, texts: PageData['texts']): string {
  if (!identity) return '';
  const { fullName, username, tenant } = identity;
  const where = tenant ? `${tenant.companyName} (${tenant.key})` : texts.manager;
  return `${fullName} (${username}) · ${where}`;
}

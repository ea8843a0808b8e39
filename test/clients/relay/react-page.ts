import { setImmediate } from 'node:timers/promises';
import { type Element, Window } from 'happy-dom';
import { type ComponentType, createElement, Suspense } from 'react';
import type { Container } from 'react-dom/client';
import relay from 'react-relay';
import type { IEnvironment } from 'relay-runtime';
import { expect, vi } from 'vitest';
import { z } from 'zod';

/** A page that React has rendered, as somebody sees and uses it. */
export interface ReactPage {
  /** The names in its list. */
  names(): string[];
  title(): string;
  /** @throws when it has no such button. */
  click(button: string): void;
  has(button: string): boolean;
  close(): Promise<void>;
}

/** Renders a component as the whole of a page, without a browser. */
export async function openPage<Props extends object>(
  environment: IEnvironment,
  component: ComponentType<Props>,
  props: Props,
): Promise<ReactPage> {
  const window = new Window();
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', window.document);
  vi.stubGlobal('navigator', window.navigator);
  // It looks for a window when it is loaded.
  const [{ createRoot }, { flushSync }] = await Promise.all([
    import('react-dom/client'),
    import('react-dom'),
  ]);
  // React's types know the browser's own elements only.
  const container = z.custom<Container>((value) => value === window.document.body);
  const root = createRoot(container.parse(window.document.body));
  const page = createElement(component, props);
  root.render(
    createElement(relay.RelayEnvironmentProvider, {
      environment,
      children: createElement(Suspense, { fallback: 'Loading' }, page),
    }),
  );
  const all = (selector: string): Element[] => [...window.document.querySelectorAll(selector)];
  const button = (text: string) => all('button').find(({ textContent }) => textContent === text);
  await expect.poll(() => all('h1')).toHaveLength(1);
  return {
    names: () => all('li > span').map(({ textContent }) => textContent),
    title: () =>
      all('h1')
        .map(({ textContent }) => textContent)
        .join(),
    click(text) {
      const found = button(text);
      if (!found) throw new Error(`There is no button ${text}.`);
      found.dispatchEvent(new window.MouseEvent('click', { bubbles: true }));
    },
    has: (text) => button(text) !== undefined,
    async close() {
      flushSync(() => root.unmount());
      // React looks at the window once more.
      await setImmediate();
      vi.unstubAllGlobals();
      await window.happyDOM.close();
    },
  };
}

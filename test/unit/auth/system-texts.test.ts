import { expect, it } from 'vitest';
import { permissionCatalogue } from '../../../src/auth/permissions.ts';
import { systemRoles } from '../../../src/auth/system-roles.ts';
import { findSystemText } from '../../../src/auth/system-texts.ts';
import { say } from '../../../src/errors/index.ts';

const written = [
  ...permissionCatalogue.map(({ description }) => description),
  ...systemRoles.flatMap(({ name, description }) => [name, description]),
];

it.each(written)('what provisioning writes for people is known in both languages: %s', (stored) => {
  const said = findSystemText(stored);
  if (!said) throw new Error('It has no message.');
  expect(say(said, 'en')).toBe(stored);
  expect(say(said, 'ko')).toMatch(/^[^A-Za-z]+$/);
});

it('what somebody else has written stays as it is', () => {
  expect(findSystemText('Sees the people of this company.')).toBeNull();
});

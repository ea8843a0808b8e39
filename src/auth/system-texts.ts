import { type Message, message, say } from '../errors/index.ts';
import { permissionTexts } from './permissions.ts';

/** The texts about permissions and system roles that provisioning stores. */
const systemTexts: readonly Message[] = [
  ...permissionTexts.values(),
  message('systemRole.tenantAdmin'),
  message('systemRole.tenantAdminDescription'),
  message('systemRole.tenantUser'),
  message('systemRole.tenantUserDescription'),
];

const byStoredText: ReadonlyMap<string, Message> = new Map(
  systemTexts.map((said) => [say(said, 'en'), said]),
);

/**
 * Finds what can be said in every language among the texts of permissions and system roles.
 * @param stored as it stands in the row, in English.
 * @returns null when it is none that provisioning writes.
 */
export function findSystemText(stored: string): Message | null {
  return byStoredText.get(stored) ?? null;
}

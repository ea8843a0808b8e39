/** A value of an enum by its name in GraphQL. */
interface NamedValue<Code extends string> {
  readonly value: Code;
  readonly description: string;
}

/** The values of an enum of codes: `tenant.set_config` is `TENANT_SET_CONFIG`, and `TenantConfig` is `TENANT_CONFIG`. */
export function valuesOfCodes<Code extends string>(
  codes: readonly { readonly code: Code; readonly description: string }[],
): Record<string, NamedValue<Code>> {
  return Object.fromEntries(
    codes.map(({ code, description }) => [nameOfCode(code), { value: code, description }]),
  );
}

/** The name that a code has in an enum of GraphQL. */
function nameOfCode(code: string): string {
  return code
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase();
}

/** Finds a stored code among those of this version; null for one of another version. */
export function knownCode<Code extends string>(codes: readonly Code[], stored: string): Code | null {
  return codes.find((code) => code === stored) ?? null;
}

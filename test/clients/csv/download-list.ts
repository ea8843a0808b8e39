/** Downloads all rows of a list, whatever their number, for `URL.createObjectURL` or a file. */
export async function downloadList(
  url: string,
  token: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Blob> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'text/csv', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  if (response.ok) return response.blob();
  const { errors } = await response.json();
  throw new Error(errors[0].message);
}

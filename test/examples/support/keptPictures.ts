/** Fetches each URL that an example printed, and resolves to the content types of those that are pictures. */
export async function keptPictures(output: string): Promise<(string | null)[]> {
  const urls = output.match(/http\S+/g) ?? [];
  const responses = await Promise.all(urls.map((url) => fetch(url)));
  return responses.map(({ ok, status, headers }) =>
    ok ? headers.get("content-type") : String(status),
  );
}

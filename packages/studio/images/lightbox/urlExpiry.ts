/** When a presigned URL stops working, in ms since 1970; undefined of a permanent one. */
export function urlExpiry(url: string): number | undefined {
  const { searchParams } = new URL(url);
  const signed = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(
    searchParams.get("X-Amz-Date") ?? "",
  );
  if (!signed) return undefined;
  const [year, month, ...rest] = signed.slice(1).map(Number) as [number, number, ...number[]];
  const [day = 1, hours, minutes, seconds] = rest;
  const signedAt = Date.UTC(year, month - 1, day, hours, minutes, seconds);
  return signedAt + Number(searchParams.get("X-Amz-Expires")) * 1_000;
}

/** What a route of a page answers in place of the API: an error with this code. */
export const errorResponse = (
  { origin }: { origin: string },
  status: number,
  code: string,
  message = "Try again",
) => ({
  status,
  headers: { "access-control-allow-origin": origin },
  json: { error: { code, message, request_id: "req-1" } },
});

/** Whether an Accept-Encoding header accepts gzip. */
export const acceptsGzip = (header = "") =>
  /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(header);
